import { describeWith, engines } from '@llm-proxy/testing';
import { openLink } from '../severable-link.suite.js';
import { describeUsageStream } from '../usage-stream.suite.js';
import { createPostgresStream } from './postgres-stream.js';

describeWith(['postgres'], 'PostgreSQL keeps the promises of the usage stream', () => {
  describeUsageStream(async () => {
    const database = await engines.postgresDatabase('usage_stream');
    const target = new URL(database.url);
    return {
      open: async (options) => {
        const link = await openLink({ host: target.hostname, port: Number(target.port) });
        const url = new URL(database.url);
        url.host = `127.0.0.1:${link.port}`;
        return { link, stream: createPostgresStream({ ...options, databaseUrl: url.href }) };
      },
      close: () => database.drop(),
    };
  });
});
