import { once } from 'node:events';
import { connect } from 'node:net';

const TIMEOUT_MS = 3_000;
const METADATA = 3;
const FIND_COORDINATOR = 10;

/** Which kind of coordinator: asking makes the broker create the internal topic behind it. */
export const GROUPS = 0;
export const TRANSACTIONS = 1;

/** Header without a client id: length, what is asked in which version, correlation id. */
const frame = (/** @type {number} */ api, /** @type {number} */ version, /** @type {Buffer} */ body) => {
  const head = Buffer.alloc(14);
  head.writeInt32BE(head.length - 4 + body.length, 0);
  head.writeInt16BE(api, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(1, 8);
  head.writeInt16BE(-1, 12);
  return Buffer.concat([head, body]);
};

/** One request on a connection of its own. Answers what follows length and correlation id. */
const ask = async (/** @type {string} */ address, /** @type {Buffer} */ request) => {
  const [host, port] = address.split(/:(?=\d+$)/);
  const socket = connect(Number(port), host);
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    socket.write(request);
    let answer = Buffer.alloc(0);
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= 8 && answer.length >= 4 + answer.readInt32BE(0)) return answer.subarray(8);
    }
    throw new Error('connection closed');
  } finally {
    socket.destroy();
  }
};

/** How many brokers the cluster counts as alive. */
export const countBrokers = async (/** @type {string} */ address) => {
  const noTopics = Buffer.alloc(4);
  return (await ask(address, frame(METADATA, 1, noTopics))).readInt32BE(0);
};

/** Whether the coordinator can serve already. */
export const hasCoordinator = async (/** @type {string} */ address, /** @type {number} */ kind) => {
  const anyKey = Buffer.from([0, 1, 'x'.charCodeAt(0), kind]);
  const answer = await ask(address, frame(FIND_COORDINATOR, 1, anyKey));
  const errorCode = answer.readInt16BE(4);
  return errorCode === 0;
};
