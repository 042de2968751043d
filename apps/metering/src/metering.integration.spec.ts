import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { RunningService } from '@llm-proxy/platform-http';
import { createLogger } from '@llm-proxy/platform-logging';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import { USAGE_TOPIC, type UsageEvent } from '@llm-proxy/usage-schema';
import { createUsageStream, type UsageStream } from '@llm-proxy/usage-stream';
import { readMeteringConfig } from './metering.config.js';
import { startMetering } from './metering.js';
import { eventOf, SAMPLE_TOTAL_NANO_USD } from './sample-events.suite.js';

const CREDENTIAL = 'a-service-credential-of-32-characters';
const logger = createLogger('metering', 'silent');

jest.setTimeout(30_000);

const until = async <Value>(probe: () => Promise<Value>, done: (value: Value) => boolean): Promise<Value> => {
  for (const deadline = Date.now() + 20_000; ; ) {
    const value = await probe();
    if (done(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

describeWith(['postgres'], 'metering', () => {
  let postgres: TestDatabase;
  let metering: RunningService;
  let stream: UsageStream;

  const start = () =>
    startMetering(readMeteringConfig({ DATABASE_URL: postgres.url, SERVICE_CREDENTIAL: CREDENTIAL, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' }), { logger });

  beforeAll(async () => {
    postgres = await engines.postgresDatabase('metering_service');
    metering = await start();
    stream = createUsageStream({ databaseUrl: postgres.url, clientId: 'spec', logger });
    await stream.connect([USAGE_TOPIC]);
  });

  afterAll(async () => {
    await stream.close();
    await metering.close();
    await postgres.drop();
  });

  const call = async (path: string, authorization = `Bearer ${CREDENTIAL}`) => {
    const response = await fetch(`${metering.url}${path}`, { headers: { authorization } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const publish = (...events: UsageEvent[]) =>
    stream.publish(USAGE_TOPIC, events.map((event) => ({ id: event.id, key: event.subject, value: Buffer.from(JSON.stringify(event)) })));
  const spendOf = (projectId: string, query = '') => call(`/internal/projects/${projectId}/spend${query}`);
  const untilSpent = (projectId: string, amount: bigint) => until(() => spendOf(projectId), ({ body }) => body['amountNanoUsd'] === String(amount));

  it('meters what comes on the stream, once, and says what was spent', async () => {
    const event = eventOf({ attribution: { participant: 'Ann & Bob' } });
    await publish(event);
    await publish(event, eventOf({ projectId: event.subject }));
    expect(await untilSpent(event.subject, 2n * SAMPLE_TOTAL_NANO_USD)).toEqual({ status: 200, body: { amountNanoUsd: String(2n * SAMPLE_TOTAL_NANO_USD) } });
    expect(await spendOf(event.subject, '?window=month&participant=Ann%20%26%20Bob')).toEqual({ status: 200, body: { amountNanoUsd: String(SAMPLE_TOTAL_NANO_USD) } });
    expect(await spendOf(randomUUID())).toEqual({ status: 200, body: { amountNanoUsd: '0' } });
  });

  it('keeps an event that has no price, and tries it again when it is replayed', async () => {
    const projectId = randomUUID();
    const unpriceable = eventOf({ projectId, data: { requestModel: 'gpt-0', responseModel: 'gpt-0' } });
    const kept = async () => (await stream.listSetAside(USAGE_TOPIC)).filter(({ id }) => id === unpriceable.id);
    await publish(unpriceable, eventOf({ projectId }));
    expect(await until(kept, (records) => records.length === 1)).toMatchObject([{ reason: expect.stringMatching(/^unpriceable: /), key: projectId }]);
    expect((await untilSpent(projectId, SAMPLE_TOTAL_NANO_USD)).body).toEqual({ amountNanoUsd: String(SAMPLE_TOTAL_NANO_USD) });
    const [before] = await kept();
    expect(await stream.replaySetAside(USAGE_TOPIC, [unpriceable.id])).toBe(1);
    expect(await until(kept, ([record]) => record !== undefined && record.setAsideAt > before!.setAsideAt)).toHaveLength(1);
  });

  it('continues after a restart', async () => {
    await metering.close();
    await metering.close();
    const event = eventOf();
    await publish(event);
    metering = await start();
    expect((await untilSpent(event.subject, SAMPLE_TOTAL_NANO_USD)).body).toEqual({ amountNanoUsd: String(SAMPLE_TOTAL_NANO_USD) });
  });

  it('answers the service credential alone, and says what is wrong with a question', async () => {
    expect((await call(`/internal/projects/${randomUUID()}/spend`, 'Bearer none')).status).toBe(401);
    expect((await spendOf('mine')).status).toBe(400);
    expect((await spendOf(randomUUID(), '?window=week')).body).toMatchObject({ statusCode: 400, message: expect.stringMatching(/window/) });
  });

  it('is healthy and ready', async () => {
    expect(await call('/healthz')).toEqual({ status: 200, body: { ok: true } });
    expect(await call('/readyz')).toEqual({ status: 200, body: { ok: true, checks: { counters: 'ok', stream: 'ok' } } });
  });
});
