// Sends requests with invalid credentials, each another one, as fast as one thread can: plain sockets, the smallest request there is,
// nothing read of the answers but how many there are.
import { connect } from 'node:net';
import { answerParent } from '../processes/answer-parent.mjs';
import { invalidCredentials } from './invalid-credentials.mjs';

/**
 * @typedef {object} Flood
 * @property {number} port
 * @property {string} kind of `invalidCredentials`
 * @property {import('./invalid-credentials.mjs').AttackedProject} project
 * @property {number} connections
 * @property {number} ahead requests that each connection sends before it waits for an answer
 * @property {number} durationMs
 */

const ANSWER = Buffer.from('HTTP/1.1 ');
const REFUSED = Buffer.from('HTTP/1.1 401');

const countOf = (/** @type {Buffer} */ needle, /** @type {Buffer} */ bytes) => {
  let count = 0;
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + needle.length)) count += 1;
  return count;
};

/** @param {Flood} flood */
const run = async ({ port, kind, project, connections, ahead, durationMs }) => {
  const next = /** @type {(project: import('./invalid-credentials.mjs').AttackedProject) => () => string} */ (invalidCredentials[kind])(project);
  const totals = { sent: 0, answered: 0, refused: 0, broken: 0 };
  const endsAt = performance.now() + durationMs;
  const one = () =>
    new Promise((resolve) => {
      let open = 0;
      const socket = connect(port, '127.0.0.1');
      const send = () => {
        let text = '';
        for (; open < ahead && performance.now() < endsAt; open += 1) {
          text += `GET /openai/v1/models HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${next()}\r\n\r\n`;
          totals.sent += 1;
        }
        if (text !== '') socket.write(text);
        else if (open <= 0) socket.destroy();
      };
      socket.on('connect', send);
      // An answer's first bytes that are cut by the end of a chunk are missed: fewer are counted, never more.
      socket.on('data', (bytes) => {
        const answers = countOf(ANSWER, bytes);
        totals.answered += answers;
        totals.refused += countOf(REFUSED, bytes);
        open -= answers;
        send();
      });
      socket.on('error', () => (totals.broken += 1));
      socket.on('close', resolve);
      setTimeout(() => socket.destroy(), durationMs + 1_000);
    });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, one));
  return { ...totals, durationMs: performance.now() - startedAt };
};

answerParent({ start: () => undefined, run });
