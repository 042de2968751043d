import { createLogger } from '@llm-proxy/platform-logging';
import { USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { createUsageStream } from '@llm-proxy/usage-stream';
import { answerParent } from '../processes/answer-parent.mjs';
import { createEventMaker } from './sample-events.mjs';

const BATCH = 1_000;

/** @type {import('@llm-proxy/usage-stream').UsageStream} */
let stream;

answerParent({
  start: async ({ brokers }) => {
    stream = createUsageStream({ kafkaBrokers: brokers, clientId: 'bench', logger: createLogger('bench', 'warn') });
    await stream.connect([USAGE_TOPIC]);
  },
  produce: async (/** @type {number} */ count) => {
    const makeEvent = createEventMaker();
    for (let sent = 0; sent < count; sent += BATCH) {
      const time = new Date().toISOString();
      await stream.publish(USAGE_TOPIC, Array.from({ length: Math.min(BATCH, count - sent) }, () => makeEvent(time)));
    }
  },
  stop: () => stream.close(),
});
