import net from 'node:net';
import { describeWith, engines } from '@llm-proxy/testing';
import { openLink } from '../severable-link.suite.js';
import { describeUsageStream } from '../usage-stream.suite.js';
import { createKafkaStream } from './kafka-stream.js';

describeWith(['kafka'], 'Kafka keeps the promises of the usage stream', () => {
  describeUsageStream(async () => {
    const brokers = (await engines.kafkaBrokers())!;
    const [host, port] = brokers[0]!.split(':');
    return {
      open: async (options) => {
        const link = await openLink({ host: host!, port: Number(port) });
        return { link, stream: createKafkaStream({ ...options, brokers, openSocket: () => net.connect(link.port, '127.0.0.1') }) };
      },
      close: () => Promise.resolve(),
    };
  });
});
