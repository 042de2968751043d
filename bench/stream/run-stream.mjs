import { chatRequest, setUp } from '../gateway/set-up.mjs';
import { median, spread } from '../report/statistics.mjs';
import { heading, mebibytes, milliseconds, table, withSpread } from '../report/table.mjs';
import { CHUNKS, CHUNK_EVERY_MS, SHOWS_USAGE_HEADER } from './send-stream.mjs';

const EFFORT = { usual: { rounds: 3, roundMs: 10_000, streams: [256, 512] }, quick: { rounds: 2, roundMs: 3_000, streams: [256] } };
const BYTES = 1_500;

const ROUTES = [
  { title: 'direct', target: /** @type {const} */ ('direct'), asksForUsage: true },
  { title: 'plain relay', target: /** @type {const} */ ('plain'), asksForUsage: true },
  { title: 'bare relay', target: /** @type {const} */ ('bare'), asksForUsage: true },
  { title: 'gateway', target: /** @type {const} */ ('gateway'), asksForUsage: true },
  { title: 'gateway, hides the usage', target: /** @type {const} */ ('gateway'), asksForUsage: false },
];

/** @typedef {(typeof ROUTES)[number]} Route */

/**
 * @param {import('../gateway/set-up.mjs').Bench} bench
 * @param {Route} route
 * @param {{ streams: number, roundMs: number }} effort
 */
const measureStreams = async (bench, { title, target, asksForUsage }, { streams, roundMs }) => {
  const request = chatRequest(bench, target, {
    bytes: BYTES,
    body: { stream: true, ...(asksForUsage ? { stream_options: { include_usage: true } } : {}) },
    headers: { accept: 'text/event-stream', [SHOWS_USAGE_HEADER]: String(asksForUsage) },
  });
  const relay = target === 'direct' ? null : bench[target];
  const eventsBefore = await bench.events.count();
  const before = await relay?.usage();
  /** @type {import('./stream-load.mjs').StreamResult} */
  const result = await bench.load.call('runStreams', { request, streams, durationMs: roundMs });
  const due = target === 'gateway' ? result.streams : 0;
  const events = (await bench.events.waitFor(eventsBefore + due)) - eventsBefore;
  const after = await relay?.usage();
  if (result.broken > 0 || result.streams === 0) throw new Error(`${title}: ${result.broken} streams ended early or with other bytes, ${result.streams} were right`);
  if (events !== due) throw new Error(`${title}: ${due} usage events were due and ${events} are in Kafka`);
  return {
    ...result,
    cpuUsPerChunk: before && after ? (after.cpuUs - before.cpuUs) / result.chunks : 0,
    rssBytes: after?.rssBytes ?? 0,
    maxRssBytes: after?.maxRssBytes ?? 0,
  };
};

/**
 * Many streams at once through the gateway and a bare relay.
 * @param {import('../main.mjs').RunOptions} options
 */
export const runStream = async ({ quick, engines, print }) => {
  const effort = quick ? EFFORT.quick : EFFORT.usual;
  const bench = await setUp(await engines.kafkaBrokers());
  try {
    const figures = [];
    for (const streams of effort.streams) {
      print(heading(`${streams} streams at once, ${CHUNKS} chunks each, one every ${CHUNK_EVERY_MS} ms; every stream complete, every byte as sent`));
      const measured = await measureRoutes(bench, { ...effort, streams });
      print(streamTable(measured));
      figures.push({ streams, routes: measured });
    }
    return figures;
  } finally {
    await bench.stop();
  }
};

/** @param {import('../gateway/set-up.mjs').Bench} bench @param {{ rounds: number, roundMs: number, streams: number }} effort */
const measureRoutes = async (bench, effort) => {
  for (const route of ROUTES) await measureStreams(bench, route, { ...effort, roundMs: 1_500 });
  /** @type {Awaited<ReturnType<typeof measureStreams>>[][]} */
  const rounds = ROUTES.map(() => []);
  for (let round = 0; round < effort.rounds; round++) {
    for (const [index, route] of ROUTES.entries()) rounds[index]?.push(await measureStreams(bench, route, effort));
  }
  return ROUTES.map(({ title }, index) => toFigures(title, rounds[index] ?? []));
};

const toFigures = (/** @type {string} */ title, /** @type {Awaited<ReturnType<typeof measureStreams>>[]} */ rounds) => ({
  title,
  streams: rounds.reduce((sum, { streams }) => sum + streams, 0),
  cpuUsPerChunk: spread(rounds.map(({ cpuUsPerChunk }) => cpuUsPerChunk)),
  firstByteMs: { p50: median(rounds.map(({ firstByteMs }) => firstByteMs.p50)), p99: median(rounds.map(({ firstByteMs }) => firstByteMs.p99)) },
  chunkDelayMs: { p50: median(rounds.map(({ chunkDelayMs }) => chunkDelayMs.p50)), p99: median(rounds.map(({ chunkDelayMs }) => chunkDelayMs.p99)) },
  rssBytes: Math.max(...rounds.map(({ rssBytes }) => rssBytes)),
  maxRssBytes: Math.max(...rounds.map(({ maxRssBytes }) => maxRssBytes)),
});

const streamTable = (/** @type {ReturnType<typeof toFigures>[]} */ figures) =>
  table(
    ['route', 'streams', 'CPU per chunk, µs', 'to plain', 'to bare', 'first byte p50 / p99', 'chunk delay p50 / p99', 'resident', 'peak'],
    figures.map((row) => {
      const isDirect = row.maxRssBytes === 0;
      const ratioTo = (/** @type {string} */ title) => (row.cpuUsPerChunk.median / (figures.find((other) => other.title === title)?.cpuUsPerChunk.median ?? NaN)).toFixed(2);
      return [
        row.title,
        String(row.streams),
        isDirect ? '' : withSpread(row.cpuUsPerChunk, 1),
        isDirect ? '' : ratioTo('plain relay'),
        isDirect ? '' : ratioTo('bare relay'),
        `${milliseconds(row.firstByteMs.p50)} / ${milliseconds(row.firstByteMs.p99)}`,
        `${milliseconds(row.chunkDelayMs.p50)} / ${milliseconds(row.chunkDelayMs.p99)}`,
        isDirect ? '' : mebibytes(row.rssBytes),
        isDirect ? '' : mebibytes(row.maxRssBytes),
      ];
    }),
  );
