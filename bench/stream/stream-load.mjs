import { createHash } from 'node:crypto';
import { Pool } from 'undici';
import { quantile } from '../report/statistics.mjs';
import { CHUNKS, CHUNK_EVERY_MS, HASH, SENT_AT, monotonicMs } from './send-stream.mjs';

/**
 * @typedef {object} StreamResult
 * @property {number} streams complete, with the bytes that were sent
 * @property {number} broken ended early or with other bytes
 * @property {number} chunks
 * @property {{ p50: number, p99: number }} firstByteMs
 * @property {{ p50: number, p99: number }} chunkDelayMs from the provider's write to the caller
 */

/** One stream of one caller. */
class Reading {
  /** @param {number[]} delays @param {number[]} firstBytes @param {(complete: boolean) => void} done */
  constructor(delays, firstBytes, done) {
    this.delays = delays;
    this.firstBytes = firstBytes;
    this.done = done;
    this.sentAtMs = monotonicMs();
    this.hash = createHash('sha256');
    this.chunks = 0;
    this.isFirst = true;
    this.last = '';
  }

  onRequestStart() {}

  onResponseStart() {}

  /** @param {unknown} _controller @param {Buffer} bytes */
  onResponseData(_controller, bytes) {
    const now = monotonicMs();
    if (this.isFirst) this.firstBytes.push(now - this.sentAtMs);
    this.isFirst = false;
    // The sender writes whole events and a relay may cut them anywhere: what is not a whole event yet waits.
    const text = this.last + bytes.toString('latin1');
    const whole = text.lastIndexOf('\n\n') + 2;
    this.last = whole < 2 ? text : text.slice(whole);
    if (whole >= 2) this.read(text.slice(0, whole), now);
  }

  /** @param {string} events @param {number} now */
  read(events, now) {
    for (let at = events.indexOf(SENT_AT); at >= 0; at = events.indexOf(SENT_AT, at + 1)) {
      this.chunks += 1;
      this.delays.push(now - Number.parseFloat(events.slice(at + SENT_AT.length, at + SENT_AT.length + 24)));
    }
    const end = events.lastIndexOf(HASH);
    this.hash.update(end < 0 ? events : events.slice(0, end), 'latin1');
    if (end >= 0) this.told = events.slice(end + HASH.length).trim();
  }

  onResponseEnd() {
    this.done(this.chunks === CHUNKS && this.told === this.hash.digest('hex'));
  }

  onResponseError() {
    this.done(false);
  }
}

/**
 * Keeps so many streams open, each started at a moment of its own; whoever is done starts the next one until time is up.
 * @param {{ request: import('../gateway/load.mjs').LoadRequest, streams: number, durationMs: number }} options
 * @returns {Promise<StreamResult>}
 */
export const runStreams = async ({ request, streams, durationMs }) => {
  const pool = new Pool(request.url, { connections: streams, pipelining: 1 });
  const options = { method: /** @type {const} */ ('POST'), path: request.path, headers: request.headers, body: Buffer.from(request.body) };
  /** @type {number[]} */
  const delays = [];
  /** @type {number[]} */
  const firstBytes = [];
  const endsAt = performance.now() + durationMs;
  let [complete, broken] = [0, 0];

  const caller = () =>
    new Promise((over) => {
      const next = () => {
        if (performance.now() >= endsAt) return over(undefined);
        const done = (/** @type {boolean} */ isComplete) => {
          if (isComplete) complete += 1;
          else broken += 1;
          next();
        };
        pool.dispatch(options, new Reading(delays, firstBytes, done));
      };
      setTimeout(next, Math.random() * CHUNKS * CHUNK_EVERY_MS);
    });

  await Promise.all(Array.from({ length: streams }, caller));
  await pool.destroy();
  return { streams: complete, broken, chunks: delays.length, firstByteMs: percentiles(firstBytes), chunkDelayMs: percentiles(delays) };
};

const percentiles = (/** @type {number[]} */ values) => {
  const sorted = Float64Array.from(values).sort();
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
};
