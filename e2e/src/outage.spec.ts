import {
  type OwnKafka,
  type OwnPostgres,
  type OwnRedis,
  type ProviderSimulator,
  simulatorHeaders,
  startOwnKafka,
  startOwnPostgres,
  startOwnRedis,
  startProviderSimulator,
} from '@llm-proxy/testing';
import { bill, billedAnswers } from './bill.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

/** `OUTAGE_SECONDS=60` for the long run, by hand. Longer than the publish timeout below, so that the gateway really has to spool. */
const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? 6) * 1_000;
const ENGINES = 3;
const CALLERS = 4;

/** Calls without pause until it is told to stop; call number `n` reports `n` input tokens. */
const startLoad = (system: System) => {
  const statuses = new Map<number, number>();
  let tokens = 0;
  let next = 0;
  let running = true;
  const caller = async () => {
    while (running) {
      const number = ++next;
      const response = await fetch(`${system.baseUrl}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${system.apiKey}`, ...simulatorHeaders({ usage: { prompt_tokens: number, completion_tokens: 0 }, firstByteDelayMs: 10 }) },
        body: JSON.stringify({ model: 'gpt-4.1', messages: [] }),
      });
      await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.ok) tokens += number;
    }
  };
  const callers = Array.from({ length: CALLERS }, caller);
  return {
    made: () => next,
    stop: async () => {
      running = false;
      await Promise.all(callers);
      return { statuses: Object.fromEntries(statuses), calls: statuses.get(200) ?? 0, tokens };
    },
  };
};

describe('engines that go away under load', () => {
  let simulator: ProviderSimulator;
  let system: System;
  let kafka: OwnKafka;
  let redis: OwnRedis;
  let postgres: OwnPostgres;

  beforeAll(async () => {
    const own = await Promise.all([startOwnKafka(), startOwnRedis(), startOwnPostgres()]);
    if (own.some((engine) => engine === null)) throw new Error('this journey needs Kafka, Redis and PostgreSQL on this machine');
    [kafka, redis, postgres] = own as [OwnKafka, OwnRedis, OwnPostgres];
    simulator = await startProviderSimulator({ recordedRequests: 0 });
    system = await startSystem({
      env: {
        DATABASE_URL: postgres.url('postgres'),
        REDIS_URL: redis.url,
        KAFKA_BROKERS: kafka.brokers.join(','),
        OPENAI_API_KEY: 'sk',
        OPENAI_BASE_URL: simulator.openAiBaseUrl,
        PUBLISH_TIMEOUT_MS: '2000',
      },
    });
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
    await Promise.all([kafka?.dispose(), redis?.dispose(), postgres?.dispose()]);
  });

  it('no call fails, and every finished call is billed exactly once', async () => {
    const load = startLoad(system);
    await until(() => load.made() > 50);
    for (const engine of [kafka, redis, postgres]) {
      await engine.kill();
      const at = load.made();
      await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
      await until(() => load.made() > at + 20);
      await engine.start();
    }
    const { statuses, calls, tokens } = await load.stop();
    expect(statuses).toEqual({ 200: calls });

    await until(async () => (await billedAnswers(system)) >= calls, { timeoutMs: 90_000 + OUTAGE_MS });
    const rows = await bill(system);
    expect(rows.map(({ type, quantity }) => [type, quantity]).sort()).toEqual([
      ['input_tokens', String(tokens)],
      ['llm_proxy_surcharge', String(calls)],
    ]);
    expect(rows.find(({ type }) => type === 'input_tokens')!.price_nano_usd).toBe(String(tokens * 2_000));
  }, 240_000 + 2 * ENGINES * OUTAGE_MS);
});
