// The other yardstick: a relay on undici as one writes it from undici's own documentation, with `request` and `pipeline`. It reads the request, forwards
// it, and pipes the answer back. Like the bare relay it knows nobody, checks nothing and records nothing.
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import { answerParent } from '../processes/answer-parent.mjs';

const OWN_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect', 'host', 'content-length']);

/** @param {import('node:http').IncomingHttpHeaders} headers */
const forwarded = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HOP.has(name)));

/** @type {import('node:http').Server} */
let server;

answerParent({
  start: async ({ upstreamUrl }) => {
    const pool = new Pool(upstreamUrl, { connections: 1_024, pipelining: 1 });
    server = createServer({ keepAliveTimeout: 75_000, noDelay: true }, async (request, response) => {
      try {
        const parts = [];
        for await (const part of request) parts.push(part);
        const method = /** @type {import('undici').Dispatcher.HttpMethod} */ (request.method);
        const answer = await pool.request({ method, path: /** @type {string} */ (request.url), headers: forwarded(request.headers), body: Buffer.concat(parts) });
        response.writeHead(answer.statusCode, forwarded(answer.headers));
        await pipeline(answer.body, response);
      } catch {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return { url: `http://127.0.0.1:${port}` };
  },
  stop: () => server.closeAllConnections(),
});
