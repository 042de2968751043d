// Answers what the gateway asks of accounts-api, for one project with one API key, so that the benchmark needs no database.
import { createServer } from 'node:http';
import { answerParent } from '../processes/answer-parent.mjs';

const LONG_POLL_MS = 20_000;

/** @type {import('node:http').Server} */
let server;

answerParent({
  start: async ({ policy }) => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://accounts-api');
      const answer = (/** @type {number} */ status, /** @type {unknown} */ body) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (pathname === '/internal/changes') {
        const nothing = { changes: [], next: '1' };
        if (searchParams.has('after')) setTimeout(() => answer(200, nothing), LONG_POLL_MS);
        else answer(200, nothing);
      } else if (pathname === `/internal/projects/${policy.projectId}/policy`) answer(200, policy);
      else answer(404, {});
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return { url: `http://127.0.0.1:${port}` };
  },
  stop: () => server.closeAllConnections(),
});
