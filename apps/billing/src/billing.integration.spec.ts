import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningService } from '@llm-proxy/platform-http';
import { createLogger } from '@llm-proxy/platform-logging';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import { partitionKeyOf, PRICED_USAGE_TOPIC, type PricedUsage } from '@llm-proxy/usage-schema';
import { createUsageStream, type OutgoingMessage, type UsageStream } from '@llm-proxy/usage-stream';
import { readBillingConfig } from './billing.config.js';
import { startBilling } from './billing.js';
import { eventOf } from './sample-events.suite.js';

const CREDENTIAL = 'a-service-credential-of-32-characters';
const logger = createLogger('billing', 'silent');

jest.setTimeout(30_000);

const messageOf = (event: PricedUsage): OutgoingMessage => ({ id: event.id, key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) });

const until = async <Value>(probe: () => Promise<Value>, done: (value: Value) => boolean): Promise<Value> => {
  for (const deadline = Date.now() + 20_000; ; ) {
    const value = await probe();
    if (done(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

describeWith(['postgres'], 'billing', () => {
  let postgres: TestDatabase;
  let billing: RunningService;
  let stream: UsageStream;

  const start = () =>
    startBilling(readBillingConfig({ DATABASE_URL: postgres.url, SERVICE_CREDENTIAL: CREDENTIAL, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' }), { logger });

  beforeAll(async () => {
    postgres = await engines.postgresDatabase('billing_service');
    billing = await start();
    stream = createUsageStream({ databaseUrl: postgres.url, clientId: 'spec', logger });
    await stream.connect([PRICED_USAGE_TOPIC]);
  });

  afterAll(async () => {
    await stream.close();
    await billing.close();
    await postgres.drop();
  });

  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${billing.url}${path}`, { ...init, headers: { authorization: `Bearer ${CREDENTIAL}`, 'content-type': 'application/json', ...init.headers } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const ask = (query: unknown) => call('/internal/usage-report', { method: 'POST', body: JSON.stringify(query) });
  const eventPath = (event: PricedUsage) => `/internal/projects/${event.data.attribution.projectId}/events/${event.id}`;

  it('records what comes on the stream, once, and shows it', async () => {
    const event = eventOf({ attribution: { userId: 'ann', room: 'lab' } });
    const { projectId } = event.data.attribution;
    await stream.publish(PRICED_USAGE_TOPIC, [messageOf(event)]);
    await stream.publish(PRICED_USAGE_TOPIC, [messageOf(event), messageOf(eventOf({ projectId }))]);
    await until(() => ask({ projectId, groupBy: [] }), ({ body }) => (body['rows'] as { quantity: string }[])[0]?.quantity === '2002');
    expect(await ask({ projectId, groupBy: ['user'] })).toEqual({
      status: 200,
      body: {
        rows: [
          { projectId, time: null, user: 'ann', quantity: '1001', amountNanoUsd: '2625000' },
          { projectId, time: null, user: null, quantity: '1001', amountNanoUsd: '2625000' },
        ],
      },
    });
    expect(await call(eventPath(event))).toMatchObject({
      status: 200,
      body: {
        id: event.id,
        occurredAt: '2026-11-22T10:00:00.000Z',
        room: 'lab',
        totalNanoUsd: '2625000',
        lines: [
          { type: 'input_tokens', quantity: '1000', unitPricePicoUsd: '2500000', amountNanoUsd: '2500000' },
          { type: 'llm_proxy_surcharge', quantity: '1', amountNanoUsd: '125000' },
        ],
      },
    });
    expect(await call(`/internal/projects/${projectId}/totals-check`)).toEqual({ status: 200, body: { ok: true, differences: [] } });
  });

  it('sets a message aside that is no priced event, and records its neighbours', async () => {
    const event = eventOf();
    const poison = { id: randomUUID(), key: event.data.attribution.projectId, value: Buffer.from('{"hello":"world"}') };
    await stream.publish(PRICED_USAGE_TOPIC, [poison, messageOf(event)]);
    expect((await until(() => call(eventPath(event)), ({ status }) => status === 200)).status).toBe(200);
    const setAside = await until(() => stream.listSetAside(PRICED_USAGE_TOPIC), (records) => records.some(({ id }) => id === poison.id));
    expect(setAside.find(({ id }) => id === poison.id)?.reason).toMatch(/not a priced usage event/);
  });

  it('sets an event aside that PostgreSQL refuses, and records its neighbours', async () => {
    const event = eventOf();
    const refused = eventOf({ projectId: event.data.attribution.projectId, lines: [{ type: 'input_tokens', quantity: '1', unitPricePicoUsd: '1', amountNanoUsd: String(2n ** 70n) }] });
    await stream.publish(PRICED_USAGE_TOPIC, [messageOf(refused), messageOf(event)]);
    const setAside = await until(() => stream.listSetAside(PRICED_USAGE_TOPIC), (records) => records.some(({ id }) => id === refused.id));
    expect(setAside.some(({ id }) => id === refused.id)).toBe(true);
    expect((await until(() => call(eventPath(event)), ({ status }) => status === 200)).status).toBe(200);
    expect((await call(eventPath(refused))).status).toBe(404);
  });

  it('continues after a restart', async () => {
    await billing.close();
    await billing.close();
    const event = eventOf();
    await stream.publish(PRICED_USAGE_TOPIC, [messageOf(event)]);
    billing = await start();
    expect((await until(() => call(eventPath(event)), ({ status }) => status === 200)).status).toBe(200);
  });

  describe('its routes', () => {
    const id = randomUUID();

    it.each([
      ['POST', '/internal/usage-report'],
      ['GET', `/internal/projects/${id}/events/${id}`],
      ['GET', `/internal/projects/${id}/totals-check`],
      ['GET', '/internal/unpriced-usage'],
    ])('%s %s takes the service credential alone', async (method, path) => {
      expect((await call(path, { method, headers: { authorization: '' } })).status).toBe(401);
      expect((await call(path, { method, headers: { authorization: `Bearer ${CREDENTIAL}x` } })).status).toBe(401);
    });

    it.each<[unknown, RegExp]>([
      [{}, /projectId/],
      [{ projectId: 'mine' }, /projectId/],
      [{ projectId: id, start: 'yesterday' }, /start/],
      [{ projectId: id, groupBy: ['colour'] }, /groupBy/],
    ])('say what is wrong with the question %j', async (query, message) => {
      expect(await ask(query)).toMatchObject({ status: 400, body: { message: expect.stringMatching(message) } });
    });

    it('know what is unpriced, and what is no question', async () => {
      expect(await call(`/internal/unpriced-usage?projectId=${id}`)).toEqual({ status: 200, body: { rows: [] } });
      expect((await call('/internal/unpriced-usage?start=yesterday')).status).toBe(400);
    });

    it.each([`/internal/projects/${id}/events/${id}`, `/internal/projects/${id}/events/1`, '/internal/projects/x/events/y'])('answer 404 for %s', async (path) => {
      expect((await call(path)).status).toBe(404);
    });

    it('are healthy and ready', async () => {
      expect(await call('/healthz')).toEqual({ status: 200, body: { ok: true } });
      expect(await call('/readyz')).toEqual({ status: 200, body: { ok: true, checks: { postgres: 'ok', stream: 'ok' } } });
    });
  });
});
