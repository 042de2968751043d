// The yardstick: the least a relay in Node can do and still be one. It reads the request, forwards it over a connection pool, and copies
// status, headers and body back with backpressure. It knows nobody, checks nothing and records nothing.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { answerParent } from '../processes/answer-parent.mjs';

/** What every proxy must keep to its own hop (RFC 9110 §7.6.1) or set anew. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
]);

/** @param {string[]} rawHeaders */
const requestHeaders = (rawHeaders) => {
  const kept = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = /** @type {string} */ (rawHeaders[index]).toLowerCase();
    if (!HOP_BY_HOP.has(name)) kept.push(name, /** @type {string} */ (rawHeaders[index + 1]));
  }
  return kept;
};

/** @param {import('node:http').IncomingHttpHeaders} headers */
const responseHeaders = (headers) => {
  /** @type {import('node:http').OutgoingHttpHeaders} */
  const kept = {};
  for (const name in headers) if (name === 'content-length' || !HOP_BY_HOP.has(name)) kept[name] = headers[name];
  return kept;
};

class Exchange {
  /** @param {import('node:http').ServerResponse} response */
  constructor(response) {
    this.response = response;
  }

  /** @param {import('undici').Dispatcher.DispatchController} controller */
  onRequestStart(controller) {
    this.response.on('close', () => {
      if (!this.response.writableFinished) controller.abort(new Error('the caller left'));
    });
  }

  /** @type {NonNullable<import('undici').Dispatcher.DispatchHandler['onResponseStart']>} */
  onResponseStart(_controller, status, headers) {
    this.response.writeHead(status, responseHeaders(headers));
  }

  /** @type {NonNullable<import('undici').Dispatcher.DispatchHandler['onResponseData']>} */
  onResponseData(controller, chunk) {
    if (this.response.write(chunk)) return;
    controller.pause();
    this.response.once('drain', () => controller.resume());
  }

  onResponseEnd() {
    this.response.end();
  }

  onResponseError() {
    if (this.response.headersSent) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

/** @type {import('node:http').Server} */
let server;

answerParent({
  start: async ({ upstreamUrl }) => {
    const pool = new Pool(upstreamUrl, { connections: 1_024, pipelining: 1 });
    server = createServer({ keepAliveTimeout: 75_000, noDelay: true }, (request, response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
        const method = /** @type {import('undici').Dispatcher.HttpMethod} */ (request.method);
        pool.dispatch({ method, path: /** @type {string} */ (request.url), headers: requestHeaders(request.rawHeaders), body }, new Exchange(response));
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return { url: `http://127.0.0.1:${port}` };
  },
  stop: () => server.closeAllConnections(),
});
