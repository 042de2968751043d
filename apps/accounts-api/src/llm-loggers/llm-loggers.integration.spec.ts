import { randomUUID } from 'node:crypto';
import { createLogger } from '@llm-proxy/platform-logging';
import { createMetrics } from '@llm-proxy/platform-telemetry';
import { describeWith, engines } from '@llm-proxy/testing';
import { partitionKeyOf, PRICED_USAGE_TOPIC, type PricedUsage } from '@llm-proxy/usage-schema';
import { createUsageStream, isTransient, type OutgoingMessage, type UsageStream } from '@llm-proxy/usage-stream';
import pg from 'pg';
import type { AccountsApiConfig } from '../accounts-api.config.js';
import { type Database, openDatabase } from '../database/database.js';
import { FeedMessagesStore } from '../feeds/feed-messages.store.js';
import { FeedsStore } from '../feeds/feeds.store.js';
import { type Answer, closedAfterwards, configFor, runAccountsApi, type RunningAccountsApi, runOn, type TestProject } from '../running-accounts-api.suite.js';
import { CopyUsage } from './copy-usage.js';
import { LlmLoggersStore } from './llm-loggers.store.js';
import { llmLoggerAnswerSchema, llmLoggersAnswerSchema } from './llm-loggers.schema.js';
import { pricedEvent } from './priced-event.suite.js';

const logger = createLogger('spec', 'silent');

const messageOf = (event: PricedUsage): OutgoingMessage => ({ id: event.id, key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) });
const codeOf = ({ status, body }: Answer) => `${status} ${body.error?.code ?? ''}`;

/** Waits until the probe gives something that will do. */
const until = async <Value>(probe: () => Promise<Value>, done: (value: Value) => boolean): Promise<Value> => {
  for (const deadline = Date.now() + 20_000; ; ) {
    const value = await probe();
    if (done(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

const copyUsageOn = (database: Database, config: AccountsApiConfig) => new CopyUsage(new LlmLoggersStore(database), new FeedsStore(database), new FeedMessagesStore(database, config), config, logger);

/** What a test does with one project of a running service. */
const inProject = (project: TestProject) => ({
  newFeed: async (fields: object = {}): Promise<string> => (await project.admin('POST', `${project.path}/feeds`, { name: `f${randomUUID().slice(0, 8)}`, ...fields })).body['feed']!['id'],
  newLogger: async (destination_feed_id: string, filter_expression: string, fields: object = {}) => {
    const answer = await project.admin('POST', `${project.path}/llm-loggers`, { destination_feed_id, filter_expression, ...fields });
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 200, error: undefined });
    return llmLoggerAnswerSchema.parse(answer.body).logger;
  },
  inFeed: async (feed: string) => {
    const { body } = await project.admin('GET', `${project.path}/feeds/${feed}/messages?order=oldest`);
    return (body['messages'] as unknown as { id: string; message: Record<string, unknown> }[]) ?? [];
  },
  event: (options: Partial<Parameters<typeof pricedEvent>[0]> = {}) => pricedEvent({ projectId: project.id, ...options }),
});

describeWith(['postgres'], 'LLM loggers', () => {
  let api: RunningAccountsApi;
  let stream: UsageStream;
  let project: TestProject;
  let here: ReturnType<typeof inProject>;

  beforeAll(async () => {
    api = await runAccountsApi({ FEED_MAX_MESSAGE_BYTES: '3000' });
    stream = createUsageStream({ databaseUrl: api.config.DATABASE_URL, clientId: 'spec', logger });
    await stream.connect([PRICED_USAGE_TOPIC]);
  });
  beforeEach(async () => {
    project = await api.newProject();
    here = inProject(project);
  });
  afterAll(async () => {
    await stream.close();
    await api.close();
  });

  const publish = (...events: PricedUsage[]) => stream.publish(PRICED_USAGE_TOPIC, events.map(messageOf));

  /** Goes to a feed of its own behind everything published so far, in the same partition. */
  const caughtUp = async (): Promise<void> => {
    const model = `mark-${randomUUID()}`;
    const feed = await here.newFeed();
    const { id } = await here.newLogger(feed, `model == '${model}'`);
    await publish(here.event({ model }));
    expect(await until(() => here.inFeed(feed), (messages) => messages.length === 1)).toHaveLength(1);
    await project.admin('DELETE', `${project.path}/llm-loggers/${id}`);
  };
  const modelsIn = async (feed: string) => (await here.inFeed(feed)).map(({ message }) => message['model']);

  it('are made, found, changed and deleted', async () => {
    const feed = await here.newFeed();
    const loggers = `${project.path}/llm-loggers`;
    const made = await here.newLogger(feed, "provider == 'openai'", { annotations: { why: 'audit' } });
    expect(made).toMatchObject({ project_id: project.id, destination_feed_id: feed, filter_expression: "provider == 'openai'", paused: false, annotations: { why: 'audit' } });
    expect((await project.admin('GET', `${loggers}/${made.id}`)).body['logger']).toEqual(made);
    expect(llmLoggersAnswerSchema.parse((await project.admin('GET', loggers)).body).loggers).toEqual([made]);
    expect((await project.admin('PUT', `${loggers}/${made.id}`, { ...made, paused: true, filter_expression: 'cost > `1`' })).body['logger']).toEqual({ ...made, paused: true, filter_expression: 'cost > `1`' });
    const other = await api.newProject();
    for (const method of ['GET', 'PUT', 'DELETE']) expect(codeOf(await other.admin(method, `${other.path}/llm-loggers/${made.id}`, {}))).toBe('404 llm_logger_not_found');
    expect((await project.admin('DELETE', `${loggers}/${made.id}`)).status).toBe(200);
    expect(codeOf(await project.admin('GET', `${loggers}/${made.id}`))).toBe('404 llm_logger_not_found');
    const actions = (await project.admin('GET', `${project.path}/audit`)).body['entries'] as unknown as { action: string }[];
    expect(actions.slice(0, 3).map(({ action }) => action)).toEqual(['llm_logger.deleted', 'llm_logger.updated', 'llm_logger.created']);
  });

  it.each([
    ["provider = 'openai'", 'filter_expression: unexpected "=" at position 10'],
    ['', 'filter_expression: the filter ends too early at position 1'],
    ['process.exit()', 'filter_expression: unexpected ( at position 13'],
  ])('the filter %j is refused where it is wrong, in a new logger and in a changed one', async (filter_expression, message) => {
    const feed = await here.newFeed();
    const { id } = await here.newLogger(feed, 'model');
    for (const answer of [await project.admin('POST', `${project.path}/llm-loggers`, { destination_feed_id: feed, filter_expression }), await project.admin('PUT', `${project.path}/llm-loggers/${id}`, { filter_expression })]) {
      expect([answer.status, answer.body.error]).toEqual([400, { code: 'invalid_request', message }]);
    }
  });

  it("lead to feeds of their own project only, and there are not more than twenty", async () => {
    const other = await api.newProject();
    const foreign = await inProject(other).newFeed({ visibility: 'public' });
    const feed = await here.newFeed();
    for (const destination_feed_id of [foreign, randomUUID(), 'x']) {
      expect(codeOf(await project.admin('POST', `${project.path}/llm-loggers`, { destination_feed_id, filter_expression: 'model' }))).toBe('404 feed_not_found');
    }
    const { id } = await here.newLogger(feed, 'model');
    expect(codeOf(await project.admin('PUT', `${project.path}/llm-loggers/${id}`, { destination_feed_id: foreign }))).toBe('404 feed_not_found');
    const answers = await Promise.all(Array.from({ length: 21 }, () => project.admin('POST', `${project.path}/llm-loggers`, { destination_feed_id: feed, filter_expression: 'model' })));
    expect(answers.map(codeOf).sort()).toEqual([...Array.from({ length: 19 }, () => '200 '), '409 too_many', '409 too_many']);
  });

  it('copy what matches, with what it used and cost, once however often it comes', async () => {
    const feed = await here.newFeed();
    await here.newLogger(feed, "annotations.team == 'search' && cost > `0.001`");
    await here.newLogger(feed, "starts_with(model, 'gpt-')");
    const event = here.event({ attribution: { userId: 'ann', annotations: { team: 'search' } } });
    const second = here.event({ model: 'gpt-4.1' });
    await publish(event, here.event({ model: 'claude' }), event);
    await publish(event, second);
    await caughtUp();
    const messages = await here.inFeed(feed);
    expect(messages.map(({ id }) => id)).toEqual([event.id, second.id]);
    expect(messages[0]!.message).toMatchObject({
      id: event.id,
      timestamp: '2026-11-22T10:00:00.000Z',
      project_id: project.id,
      provider: 'openai',
      model: 'gpt-5.4',
      path: '/v1/chat/completions',
      status: 200,
      user_id: 'ann',
      annotations: { team: 'search' },
      usage: { prompt_tokens: 1_000 },
      quantities: { input_tokens: 1_000 },
      cost: 0.002625,
      cost_nano_usd: '2625000',
    });
  });

  it('a paused logger, a paused feed and a feed that is gone drop what comes, and hold up nothing', async () => {
    const [resting, paused, gone, open] = [await here.newFeed(), await here.newFeed({ paused: true }), await here.newFeed(), await here.newFeed()];
    const rest = await here.newLogger(resting, 'model', { paused: true });
    for (const feed of [paused, gone, open]) await here.newLogger(feed, 'model');
    await project.admin('DELETE', `${project.path}/feeds/${gone}`);
    await publish(here.event({ model: 'first' }));
    await caughtUp();
    await project.admin('PUT', `${project.path}/llm-loggers/${rest.id}`, { paused: false });
    await project.admin('PUT', `${project.path}/feeds/${paused}`, { paused: false });
    await publish(here.event({ model: 'second' }));
    await caughtUp();
    const later = (models: unknown[]) => models.filter((model) => !String(model).startsWith('mark-'));
    expect(later(await modelsIn(resting))).toEqual(['second']);
    expect(later(await modelsIn(paused))).toEqual(['second']);
    expect(later(await modelsIn(open))).toEqual(['first', 'second']);
  });

  it('what the feed does not take, what cannot be read and a filter of another release hold up nothing', async () => {
    const [strict, small, broken] = [await here.newFeed({ message_schema: { properties: { model: { const: 'fits' } } } }), await here.newFeed(), await here.newFeed()];
    for (const feed of [strict, small]) await here.newLogger(feed, "!starts_with(model, 'mark-')");
    const { id } = await here.newLogger(broken, 'model');
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    await client.query("UPDATE accounts.llm_loggers SET filter_expression = 'model ~ 1' WHERE id = $1", [id]);
    await client.end();
    await stream.publish(PRICED_USAGE_TOPIC, [{ id: randomUUID(), key: project.id, value: Buffer.from('{') }]);
    await publish(here.event({ model: 'fits' }), here.event({ model: 'other' }), here.event({ model: 'other', attribution: { client: 'x'.repeat(3_000) } }));
    await caughtUp();
    expect(await modelsIn(strict)).toEqual(['fits']);
    expect(await modelsIn(small)).toEqual(['fits', 'other']);
    expect(await here.inFeed(broken)).toEqual([]);
    expect((await stream.listSetAside(PRICED_USAGE_TOPIC))).toEqual([]);
  });

  it('a batch as large as what a feed keeps, that comes again, is there once and in its order', async () => {
    const feed = await here.newFeed();
    await here.newLogger(feed, 'model');
    const events = Array.from({ length: 1_000 }, (_, index) => here.event({ model: `m${index}` }));
    const database = openDatabase(api.config.DATABASE_URL);
    const copyUsage = copyUsageOn(database, { ...api.config, FEED_MAX_MESSAGES: 1_000 });
    const batch = events.map((event, offset) => ({ ...messageOf(event), topic: PRICED_USAGE_TOPIC, partition: 0, offset: String(offset) }));
    expect(await copyUsage.copy(batch)).toEqual({ written: 1_000 });
    expect(await Promise.all([copyUsage.copy(batch), copyUsage.copy(batch.slice(500))])).toEqual([{ there_already: 1_000 }, { there_already: 500 }]);
    await database.$disconnect();
    const { body } = await project.admin('GET', `${project.path}/feeds/${feed}/messages?order=oldest&page_size=1000`);
    expect((body['messages'] as unknown as { id: string }[]).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('while PostgreSQL is away a batch fails as one that is to be tried again', async () => {
    const database = openDatabase('postgres://nobody@127.0.0.1:1/none');
    const event = { ...messageOf(here.event()), topic: PRICED_USAGE_TOPIC, partition: 0, offset: '0' };
    const failure: unknown = await copyUsageOn(database, api.config).copy([event]).catch((error: unknown) => error);
    expect([failure instanceof Error, isTransient(failure)]).toEqual([true, true]);
    await database.$disconnect();
  });

  it('usage of another project does not come in, whatever its key says', async () => {
    const feed = await here.newFeed();
    await here.newLogger(feed, "model == 'theirs'");
    const theirs = pricedEvent({ projectId: randomUUID(), model: 'theirs' });
    await stream.publish(PRICED_USAGE_TOPIC, [{ ...messageOf(theirs), key: project.id }]);
    await caughtUp();
    expect(await here.inFeed(feed)).toEqual([]);
  });
});

describeWith(['postgres', 'kafka'], 'LLM loggers on Kafka', () => {
  it('copy what they match, also what came while the service was away, and count it', async () => {
    const database = await engines.postgresDatabase('accounts_loggers');
    const drop = closedAfterwards(() => database.drop());
    const brokers = (await engines.kafkaBrokers())!;
    const prefix = `spec-${randomUUID()}.`;
    const config = configFor(database.url, { KAFKA_BROKERS: brokers.join(','), KAFKA_TOPIC_PREFIX: prefix });
    const stream = createUsageStream({ kafkaBrokers: brokers, kafkaTopicPrefix: prefix, clientId: 'spec', logger });
    const closeStream = closedAfterwards(() => stream.close());
    await stream.connect([PRICED_USAGE_TOPIC]);
    const metrics = createMetrics();
    const first = await runOn(config, metrics);
    const id: string = (await first.operator('POST', '/accounts/projects', { name: 'On Kafka' })).body['id']!;
    const projectAt = ({ operator }: RunningAccountsApi): TestProject => ({ id, path: `/accounts/projects/${id}`, apiKey: '', apiKeyId: '', admin: operator });
    const here = inProject(projectAt(first));
    const feed = await here.newFeed();
    await here.newLogger(feed, "provider == 'openai'");
    const events = [here.event(), here.event()];
    await stream.publish(PRICED_USAGE_TOPIC, [messageOf(events[0]!), messageOf(events[0]!)]);
    expect(await until(() => here.inFeed(feed), (messages) => messages.length === 1)).toHaveLength(1);
    expect(await metrics.getSingleMetricAsString('llm_proxy_feed_copies_total')).toContain('{result="written"} 1');
    await first.close();
    await stream.publish(PRICED_USAGE_TOPIC, events.map(messageOf));
    const second = await runOn(config);
    const again = inProject(projectAt(second));
    const messages = await until(() => again.inFeed(feed), (found) => found.length === 2);
    expect(messages.map((message) => message.id)).toEqual(events.map((event) => event.id));
    await second.close();
    await closeStream();
    await drop();
  }, 90_000);

  it('the service starts, serves and stops while Kafka is away', async () => {
    const database = await engines.postgresDatabase('accounts_loggers_away');
    const config = configFor(database.url, { KAFKA_BROKERS: '127.0.0.1:1' });
    const running = await runOn(config);
    expect((await running.anonymous('GET', '/readyz')).status).toBe(200);
    await running.close();
    await database.drop();
  }, 30_000);
});
