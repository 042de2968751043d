import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureDatabase, startEmbeddedPostgres } from '@llm-proxy/platform-postgres';
import { PRICED_USAGE_TOPIC, USAGE_TOPIC } from '@llm-proxy/usage-schema';
import pg from 'pg';
import { ToolError } from '../../tools/workspace/say.mjs';
import { openTopicCounter } from '../gateway/topic-counter.mjs';
import { startProcess } from '../processes/start-process.mjs';
import { heading, mebibytes, table } from '../report/table.mjs';
import { openGroupProgress } from './group-progress.mjs';

const EVENTS = { usual: 200_000, quick: 50_000, long: 1_000_000 };
const GOAL_PER_SECOND = 5_000;
const STEPS = 10;
const POLL_MS = 100;
/** Without any progress for so long, it will not come any more. */
const STUCK_MS = 60_000;
const DATABASE = 'bench';

/** A PostgreSQL that survives a power cut, as in production: with its durability off, the figure would be about something else. */
const startPostgres = async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'llm-proxy-bench-'));
  // As root the server runs as another user, who has to get there.
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), logFile: path.join(folder, 'postgres.log'), durable: true });
  await ensureDatabase(server.url('postgres'), DATABASE);
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: server.url(DATABASE), stop };
};

/**
 * Fills the topic before anybody reads it.
 * @param {string[]} brokers
 * @param {number} count
 */
const preload = async (brokers, count) => {
  const producer = await startProcess(new URL('producer.mjs', import.meta.url), { brokers });
  const topic = await openTopicCounter(brokers, USAGE_TOPIC);
  try {
    if ((await topic.count()) > 0) throw new ToolError(`The topic ${USAGE_TOPIC} is not empty: this benchmark needs a Kafka of its own. Unset TEST_KAFKA_BROKERS, or run it first.`);
    await producer.call('produce', count);
    const found = await topic.waitFor(count);
    if (found !== count) throw new Error(`${count} events were sent and ${found} are in Kafka`);
  } finally {
    await topic.close();
    await producer.stop();
  }
};

/**
 * Waits for billing to have committed everything, with a look at the processes on the way.
 * @param {string[]} brokers
 * @param {number} count
 * @param {Record<string, import('../processes/start-process.mjs').MeasuredProcess>} processes
 * @param {(text: string) => void} print
 */
const followProgress = async (brokers, count, processes, print) => {
  const progress = await openGroupProgress(brokers);
  const startedAt = performance.now();
  const steps = [];
  let [last, lastAt] = [0, startedAt];
  try {
    while (last < count) {
      await pause(POLL_MS);
      const now = await progress.committed('billing', PRICED_USAGE_TOPIC);
      if (now > last) lastAt = performance.now();
      if (performance.now() - lastAt > STUCK_MS) throw new Error(`stuck: ${now} of ${count} events are billed`);
      last = now;
      if (now < (count / STEPS) * (steps.length + 1)) continue;
      const [metering, billing] = await Promise.all([processes['metering']?.usage(), processes['billing']?.usage()]);
      const seconds = (performance.now() - startedAt) / 1_000;
      steps.push({ billed: now, seconds, meteringRssBytes: metering?.rssBytes ?? 0, billingRssBytes: billing?.rssBytes ?? 0 });
      print(`  ${now} billed after ${seconds.toFixed(1)} s; resident: metering ${mebibytes(metering?.rssBytes ?? 0)}, billing ${mebibytes(billing?.rssBytes ?? 0)}`);
    }
    return { seconds: (lastAt - startedAt) / 1_000, steps };
  } finally {
    await progress.close();
  }
};

/**
 * Without the first step: joining the consumer groups and compiling take seconds, once.
 * @param {{ billed: number, seconds: number }[]} steps
 */
const rateOnceWarm = (steps) => {
  const [first, last] = [steps[0], steps.at(-1)];
  return first && last && first !== last ? (last.billed - first.billed) / (last.seconds - first.seconds) : NaN;
};

/** @param {string} url @param {number} count */
const checkBills = async (url, count) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT (SELECT count(*) FROM billing.usage_events)::int AS events, (SELECT count(*) FROM billing.line_items)::int AS lines');
    const { events, lines } = rows[0];
    if (events !== count) throw new Error(`${count} events were sent and ${events} are billed`);
    return lines;
  } finally {
    await client.end();
  }
};

/**
 * From Kafka to committed line items.
 * @param {import('../main.mjs').RunOptions} options
 */
export const runPipeline = async ({ quick, long, engines, print }) => {
  const count = long ? EVENTS.long : quick ? EVENTS.quick : EVENTS.usual;
  print(heading(`${count} usage events from Kafka through metering and billing to committed line items, one process each`));
  const [brokers, redisUrl] = [await engines.kafkaBrokers(), await engines.redisUrl()];
  const postgres = await startPostgres();
  /** @type {Record<string, import('../processes/start-process.mjs').MeasuredProcess>} */
  const processes = {};
  try {
    await preload(brokers, count);
    const environment = { PORT: '0', HOST: '127.0.0.1', SERVICE_CREDENTIAL: randomBytes(32).toString('hex'), DATABASE_URL: postgres.url, REDIS_URL: redisUrl, KAFKA_BROKERS: brokers.join(',') };
    processes['billing'] = await startProcess(new URL('billing-process.mjs', import.meta.url), environment);
    // Started last, because its start starts the clock.
    processes['metering'] = await startProcess(new URL('metering-process.mjs', import.meta.url), environment);
    const [meteringBefore, billingBefore] = await Promise.all([processes['metering'].usage(), processes['billing'].usage()]);
    const { seconds, steps } = await followProgress(brokers, count, processes, print);
    const [metering, billing] = await Promise.all([processes['metering'].usage(), processes['billing'].usage()]);
    const lineItems = await checkBills(postgres.url, count);
    const figures = {
      events: count,
      lineItems,
      seconds,
      perSecond: count / seconds,
      perSecondOnceWarm: rateOnceWarm(steps),
      meteringCpuUs: (metering.cpuUs - meteringBefore.cpuUs) / count,
      billingCpuUs: (billing.cpuUs - billingBefore.cpuUs) / count,
      meteringMaxRssBytes: metering.maxRssBytes,
      billingMaxRssBytes: billing.maxRssBytes,
      steps,
    };
    print(pipelineTable(figures));
    return figures;
  } finally {
    for (const process of Object.values(processes)) await process.stop();
    await postgres.stop();
  }
};

/** @param {{ events: number, lineItems: number, seconds: number, perSecond: number, perSecondOnceWarm: number, meteringCpuUs: number, billingCpuUs: number, meteringMaxRssBytes: number, billingMaxRssBytes: number }} figures */
const pipelineTable = (figures) =>
  table(
    ['events', 'line items', 'seconds', 'events per second', 'once warm', 'goal', 'metering CPU', 'billing CPU', 'metering peak', 'billing peak'],
    [
      [
        String(figures.events),
        String(figures.lineItems),
        figures.seconds.toFixed(1),
        figures.perSecond.toFixed(0),
        figures.perSecondOnceWarm.toFixed(0),
        `≥ ${GOAL_PER_SECOND}`,
        `${figures.meteringCpuUs.toFixed(0)} µs`,
        `${figures.billingCpuUs.toFixed(0)} µs`,
        mebibytes(figures.meteringMaxRssBytes),
        mebibytes(figures.billingMaxRssBytes),
      ],
    ],
  );
