// Answers what the gateway asks of accounts-api, for one project, so that the benchmark needs no database; and counts the questions.
import { createServer } from 'node:http';
import { answerParent } from '../processes/answer-parent.mjs';

const LONG_POLL_MS = 20_000;

/** @param {import('node:http').IncomingMessage} request */
const jsonOf = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
};

let questions = 0;
/** @type {import('node:http').Server} */
let server;

answerParent({
  start: async ({ policy, accessTokenKeys }) => {
    server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://accounts-api');
      const answer = (/** @type {number} */ status, /** @type {unknown} */ body) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (pathname !== '/internal/changes') questions += 1;
      if (pathname === '/internal/changes') {
        const nothing = { changes: [], next: '1' };
        if (searchParams.has('after')) setTimeout(() => answer(200, nothing), LONG_POLL_MS);
        else answer(200, nothing);
      } else if (pathname === '/internal/projects/existing') {
        const { projectIds } = await jsonOf(request);
        answer(200, { projectIds: projectIds.filter((/** @type {string} */ id) => id === policy.projectId) });
      } else if (pathname === '/internal/oauth/keys') answer(200, accessTokenKeys);
      else if (pathname === '/internal/oauth/revoked') answer(200, { revoked: [], next: '1', more: false });
      else if (pathname === `/internal/projects/${policy.projectId}/policy`) answer(200, policy);
      else answer(404, {});
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return { url: `http://127.0.0.1:${port}` };
  },
  questions: () => questions,
  stop: () => server.closeAllConnections(),
});
