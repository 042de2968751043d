// The callers: so many connections, each sending its next request when the answer to the last one is complete.
import { Pool } from 'undici';
import { answerParent } from '../processes/answer-parent.mjs';
import { runStreams } from '../stream/stream-load.mjs';
import { quantile } from '../report/statistics.mjs';

/**
 * @typedef {object} LoadRequest
 * @property {string} url
 * @property {string} path
 * @property {string[]} headers name, value, name, value, …
 * @property {string} body
 */

/**
 * @typedef {object} LoadResult
 * @property {number} requests answers that came in full, whatever their status
 * @property {Record<string, number>} statuses how many of each status
 * @property {number} failed broken off
 * @property {number} durationMs
 * @property {{ p50: number, p99: number }} latencyMs from sending the request to the last byte of its answer
 */

/** @type {Map<string, Pool>} */
const pools = new Map();

/** @param {string} url @param {number} connections */
const poolOf = (url, connections) => {
  const key = `${url} ${connections}`;
  let pool = pools.get(key);
  if (pool === undefined) pools.set(key, (pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 })));
  return pool;
};

/**
 * Callers until `durationMs` are over or `count` requests were sent. With `perSecond`, requests start at random moments (a Poisson process)
 * at that rate on average, as from many callers who know nothing of each other. Without it, each connection sends its next request
 * when the answer to its last one is complete.
 * @param {{ request: LoadRequest, connections: number, durationMs?: number, count?: number, perSecond?: number }} options
 * @returns {Promise<LoadResult>}
 */
const runLoad = async ({ request, connections, durationMs = Infinity, count = Infinity, perSecond }) => {
  const pool = poolOf(request.url, connections);
  const options = { method: /** @type {const} */ ('POST'), path: request.path, headers: request.headers, body: Buffer.from(request.body) };
  const answers = { latencies: /** @type {number[]} */ ([]), statuses: /** @type {Record<string, number>} */ ({}), failed: 0 };
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  let sent = 0;
  const isOver = () => performance.now() >= endsAt || sent >= count;
  const send = (/** @type {() => void} */ done) => {
    sent += 1;
    pool.dispatch(options, new Answer(answers, done));
  };
  await (perSecond === undefined ? inTurns(connections, send, isOver) : atRandom(perSecond, send, isOver));
  const sorted = Float64Array.from(answers.latencies).sort();
  return {
    requests: sorted.length,
    statuses: answers.statuses,
    failed: answers.failed,
    durationMs: performance.now() - startedAt,
    latencyMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) },
  };
};

/** @typedef {{ latencies: number[], statuses: Record<string, number>, failed: number }} Answers */

class Answer {
  /** @param {Answers} answers @param {() => void} done */
  constructor(answers, done) {
    this.answers = answers;
    this.done = done;
    this.sentAt = performance.now();
  }

  onRequestStart() {}

  /** @param {unknown} _controller @param {number} status */
  onResponseStart(_controller, status) {
    this.answers.statuses[status] = (this.answers.statuses[status] ?? 0) + 1;
  }

  onResponseData() {}

  onResponseEnd() {
    this.answers.latencies.push(performance.now() - this.sentAt);
    this.done();
  }

  onResponseError() {
    this.answers.failed += 1;
    this.done();
  }
}

/** @param {number} connections @param {(done: () => void) => void} send @param {() => boolean} isOver */
const inTurns = (connections, send, isOver) => {
  const caller = () =>
    new Promise((resolve) => {
      const next = () => (isOver() ? resolve(undefined) : send(next));
      next();
    });
  return Promise.all(Array.from({ length: connections }, caller));
};

/** @param {number} perSecond @param {(done: () => void) => void} send @param {() => boolean} isOver */
const atRandom = (perSecond, send, isOver) =>
  new Promise((resolve) => {
    let open = 0;
    let dueAt = performance.now();
    const onDone = () => {
      open -= 1;
      if (open === 0 && isOver()) resolve(undefined);
    };
    const timer = setInterval(() => {
      for (const now = performance.now(); dueAt <= now && !isOver(); dueAt -= (Math.log(1 - Math.random()) * 1_000) / perSecond) {
        open += 1;
        send(onDone);
      }
      if (!isOver()) return;
      clearInterval(timer);
      if (open === 0) resolve(undefined);
    }, 1);
  });

answerParent({
  start: () => undefined,
  run: runLoad,
  runStreams,
  stop: async () => {
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
  },
});
