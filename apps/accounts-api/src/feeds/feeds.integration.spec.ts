import { randomUUID } from 'node:crypto';
import { mintParticipantToken, parseApiKey } from '@llm-proxy/shared-auth';
import pg from 'pg';
import { type Answer, type Ask, runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';
import { openDatabase } from '../database/database.js';
import { FeedMessagesStore } from './feed-messages.store.js';
import { feedAnswerSchema, feedsAnswerSchema } from './feeds.schema.js';
import { messagesAnswerSchema, publishedBatchSchema, publishedSchema } from './feed-messages.schema.js';

describe('feeds', () => {
  let api: RunningAccountsApi;
  let project: TestProject;
  let feeds: string;

  beforeAll(async () => {
    api = await runAccountsApi({ FEED_MAX_MESSAGES: '1000', FEED_MAX_MESSAGE_BYTES: '2000' });
  });
  beforeEach(async () => {
    project = await api.newProject();
    feeds = `${project.path}/feeds`;
  });
  afterAll(() => api.close());

  const newFeed = async (fields: object = {}) => {
    const answer = await project.admin('POST', feeds, { name: `f${randomUUID().slice(0, 8)}`, ...fields });
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 200, error: undefined });
    return feedAnswerSchema.parse(answer.body).feed;
  };
  const codeOf = ({ status, body }: Answer) => `${status} ${body.error?.code ?? ''}`;
  const read = async (id: string, query = '', ask: Ask = project.admin) => messagesAnswerSchema.parse((await ask('GET', `${feeds}/${id}/messages?${query}`)).body);
  const said = async (id: string, query = '') => (await read(id, query)).messages.map(({ message }) => message);

  /** An API key of a service account with these roles. */
  const withRoles = async (roles: string[]): Promise<Ask> => {
    const account = await project.admin('POST', `${project.path}/service-accounts`, { name: `a${randomUUID().slice(0, 8)}` });
    const key = await project.admin('POST', `${project.path}/service-accounts/${account.body['id']}/api-keys`, { name: 'k' });
    const subject = { type: 'service_account', id: account.body['id'] };
    await project.admin('POST', `${project.path}/iam/project/${project.id}/policy:revoke`, { subject });
    if (roles.length > 0) await project.admin('POST', `${project.path}/iam/project/${project.id}/policy:grant`, { subject, roles });
    return api.as(key.body['value']!);
  };

  it('are made, found, changed and deleted', async () => {
    const made = await newFeed({ name: ' Usage-Log ', description: 'what was used', visibility: 'project', annotations: { a: 1 }, message_schema: { type: 'object' } });
    expect(made).toMatchObject({ project_id: project.id, name: 'usage-log', description: 'what was used', visibility: 'project', paused: false, annotations: { a: 1 }, message_schema: { type: 'object' }, desired_generation: 1, applied_generation: 1 });
    for (const path of [made.id, 'by-name/usage-log', 'by-name/USAGE-LOG']) expect((await project.admin('GET', `${feeds}/${path}`)).body['feed']).toEqual(made);
    const changed = await project.admin('PUT', `${feeds}/${made.id}`, { ...made, name: 'messages', paused: true, message_schema: null });
    expect(changed.body['feed']).toEqual({ ...made, name: 'messages', paused: true, message_schema: null, desired_generation: 2, applied_generation: 2 });
    expect((await project.admin('PUT', `${feeds}/${made.id}`, { description: null })).body['feed']).toMatchObject({ name: 'messages', description: 'what was used' });
    expect((await project.admin('GET', `${feeds}/by-name/messages`)).body['feed']).toMatchObject({ id: made.id });
    expect((await project.admin('DELETE', `${feeds}/${made.id}`)).status).toBe(200);
    for (const [method, path] of [['GET', made.id], ['GET', 'by-name/messages'], ['PUT', made.id], ['DELETE', made.id], ['GET', `${made.id}/messages`], ['GET', 'x'], ['GET', 'by-name/%00']]) {
      expect({ path, answer: codeOf(await project.admin(method!, `${feeds}/${path}`, {})) }).toEqual({ path, answer: '404 feed_not_found' });
    }
    const actions = (await project.admin('GET', `${project.path}/audit`)).body['entries'] as unknown as { action: string }[];
    expect(actions.slice(0, 4).map(({ action }) => action)).toEqual(['feed.deleted', 'feed.updated', 'feed.updated', 'feed.created']);
  });

  it('are listed by name, in pages', async () => {
    for (const name of ['c', 'a', 'b']) await newFeed({ name });
    const list = async (query: string) => feedsAnswerSchema.parse((await project.admin('GET', `${feeds}?${query}`)).body);
    const first = await list('page_size=2');
    expect([first.feeds.map(({ name }) => name), first.total, first.continuation_token]).toEqual([['a', 'b'], 3, '2']);
    const rest = await list('page_size=2&continuation_token=2');
    expect([rest.feeds.map(({ name }) => name), rest.continuation_token]).toEqual([['c'], null]);
    expect((await list('count=100&offset=0&filter=b')).total).toBe(1);
  });

  it.each([
    [{ name: '' }, /name/],
    [{ name: '-x' }, /name/],
    [{ name: 'a b' }, /name/],
    [{ name: 'x', visibility: 'secret' }, /visibility/],
    [{ name: 'x', message_schema: 'object' }, /message_schema/],
    [{ name: 'x', message_schema: { type: 'strng' } }, /message_schema: is no usable JSON Schema: .*type/],
    [{ name: 'x', message_schema: { $ref: 'http://127.0.0.1/schema.json' } }, /no usable JSON Schema/],
    [{ name: 'x', annotations: [] }, /annotations/],
    [undefined, /name/],
    [5, /object/],
  ])('%j is refused', async (body, problem) => {
    const answer = await project.admin('POST', feeds, body);
    expect([answer.status, answer.body.error?.message]).toEqual([400, expect.stringMatching(problem)]);
  });

  it('two of one name are refused, and more than a hundred of a project', async () => {
    const first = await newFeed({ name: 'n0' });
    await newFeed({ name: 'n1' });
    expect(codeOf(await project.admin('POST', feeds, { name: 'N1' }))).toBe('409 feed_exists');
    expect(codeOf(await project.admin('PUT', `${feeds}/${first.id}`, { name: 'n1' }))).toBe('409 feed_exists');
    const answers = await Promise.all(Array.from({ length: 105 }, (_, index) => project.admin('POST', feeds, { name: `more-${index}` })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(98);
    expect(answers.filter((answer) => codeOf(answer) === '409 too_many')).toHaveLength(7);
  }, 30_000);

  it('take any JSON value, and give it back as it was', async () => {
    const { id } = await newFeed();
    const values = [{ a: [1, { b: null }] }, [], 'text \u0000 漢字 \ud800', 0, -1.5e300, true, false, null];
    const places = [];
    for (const value of values) places.push(publishedSchema.parse((await project.admin('POST', `${feeds}/${id}/messages`, value)).body));
    expect(places.map(({ position }) => position)).toEqual(values.map((_, index) => String(index + 1)));
    expect(await said(id, 'order=oldest')).toEqual(values);
    expect((await read(id)).messages.map((message) => message.id)).toEqual(places.map((place) => place.id).reverse());
    expect(codeOf(await project.admin('POST', `${feeds}/${id}/messages`))).toBe('400 invalid_request');
    expect((await fetch(`${api.url}${feeds}/${id}/messages`, { method: 'POST', headers: { authorization: `Bearer ${project.apiKey}` } })).status).toBe(400);
    expect(await said(id)).toHaveLength(values.length);
  });

  it('take batches whole or not at all', async () => {
    const { id } = await newFeed({ message_schema: { type: 'number' } });
    const batch = (body: unknown) => project.admin('POST', `${feeds}/${id}/messages/batch`, body);
    expect(publishedBatchSchema.parse((await batch([1, 2, 3])).body).messages.map(({ position }) => position)).toEqual(['1', '2', '3']);
    const misfit = await batch([4, 'five', 6]);
    expect([codeOf(misfit), misfit.body.error?.message]).toEqual(['400 message_mismatch', 'Message 1 does not fit the schema of the feed: message must be number.']);
    for (const body of [[], {}, 1, null, Array.from({ length: 1_001 }, () => 1)]) expect(codeOf(await batch(body))).toBe('400 invalid_request');
    expect(await said(id)).toEqual([3, 2, 1]);
  });

  it('refuse messages that do not fit, are too large, or come while they are paused', async () => {
    const { id } = await newFeed({ message_schema: { type: 'object', required: ['team'] } });
    const publish = (message: unknown) => project.admin('POST', `${feeds}/${id}/messages`, message);
    expect(codeOf(await publish({ room: 'a' }))).toBe('400 message_mismatch');
    expect(codeOf(await publish({ team: 'x'.repeat(2_000) }))).toBe('413 message_too_large');
    expect(codeOf(await publish({ team: 'x'.repeat(2_000_000) }))).toBe('413 body_too_large');
    await project.admin('PUT', `${feeds}/${id}`, { paused: true });
    expect(codeOf(await publish({ team: 'a' }))).toBe('409 feed_paused');
    expect(codeOf(await project.admin('POST', `${feeds}/${id}/messages/batch`, [{ team: 'a' }]))).toBe('409 feed_paused');
    expect(await said(id)).toEqual([]);
    await project.admin('PUT', `${feeds}/${id}`, { paused: false, message_schema: null });
    expect((await publish('anything')).status).toBe(200);
  });

  it('are read from either end, page by page, also while more comes', async () => {
    const { id } = await newFeed();
    const publish = (values: number[]) => project.admin('POST', `${feeds}/${id}/messages/batch`, values);
    await publish([1, 2, 3, 4, 5]);
    const newest = await read(id, 'page_size=2');
    expect([newest.messages.map(({ message }) => message), newest.continuation_token]).toEqual([[5, 4], '4']);
    await publish([6]);
    expect(await said(id, 'page_size=2&continuation_token=4')).toEqual([3, 2]);
    const last = await read(id, 'page_size=3&continuation_token=2');
    expect([last.messages.map(({ message }) => message), last.continuation_token]).toEqual([[1], null]);
    const oldest = await read(id, 'order=oldest&page_size=5');
    expect([oldest.messages.map(({ message }) => message), oldest.continuation_token]).toEqual([[1, 2, 3, 4, 5], '5']);
    expect(await said(id, 'order=oldest&continuation_token=5')).toEqual([6]);
    await publish([7]);
    expect(await said(id, 'order=oldest&continuation_token=6')).toEqual([7]);
    for (const query of ['page_size=0', 'order=random', 'continuation_token=x', 'continuation_token=-1']) {
      expect({ query, answer: codeOf(await project.admin('GET', `${feeds}/${id}/messages?${query}`)) }).toEqual({ query, answer: '400 invalid_request' });
    }
  });

  it('number their messages without gaps when many publish at once', async () => {
    const { id } = await newFeed();
    await Promise.all(Array.from({ length: 20 }, (_, publisher) => project.admin('POST', `${feeds}/${id}/messages/batch`, [publisher, publisher])));
    expect((await read(id, 'order=oldest')).messages.map(({ position }) => position)).toEqual(Array.from({ length: 40 }, (_, index) => String(index + 1)));
  });

  it('keep the newest messages, and those not for ever', async () => {
    const { id } = await newFeed();
    const batch = (from: number, count: number) => project.admin('POST', `${feeds}/${id}/messages/batch`, Array.from({ length: count }, (_, index) => from + index));
    await batch(1, 1_000);
    await batch(1_001, 10);
    const kept = await said(id, 'order=oldest&page_size=1000');
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, 11, 1_010]);
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    await client.query("UPDATE accounts.feed_messages SET published_at = now() - interval '31 days' WHERE feed_id = $1 AND position < 1010", [id]);
    await client.end();
    expect(await said(id)).toEqual([1_010]);
    const database = openDatabase(api.config.DATABASE_URL);
    const store = new FeedMessagesStore(database, api.config);
    expect([await store.sweep(), await store.sweep()]).toEqual([999, 0]);
    await database.$disconnect();
    expect(await said(id)).toEqual([1_010]);
  });

  it('are seen by those who may', async () => {
    const open = await newFeed({ visibility: 'project' });
    const hidden = await newFeed();
    expect(hidden.visibility).toBe('private');
    const member = await withRoles([]);
    const viewer = await withRoles(['feed_inventory']);
    const manager = await withRoles(['feed_manager']);
    const seen = async (ask: Ask) => feedsAnswerSchema.parse((await ask('GET', feeds)).body).feeds.map(({ id }) => id).sort();
    expect(await seen(member)).toEqual([open.id]);
    expect(await seen(viewer)).toEqual([open.id, hidden.id].sort());
    for (const path of [hidden.id, `by-name/${hidden.name}`, `${hidden.id}/messages`]) {
      expect({ path, answer: codeOf(await member('GET', `${feeds}/${path}`)) }).toEqual({ path, answer: '404 feed_not_found' });
      expect({ path, status: (await viewer('GET', `${feeds}/${path}`)).status }).toEqual({ path, status: 200 });
    }
    expect([await member('POST', `${feeds}/${open.id}/messages`, 1), await viewer('POST', `${feeds}/${open.id}/messages`, 1)].map(codeOf)).toEqual(['403 forbidden', '403 forbidden']);
    expect((await manager('POST', `${feeds}/${open.id}/messages`, 1)).status).toBe(200);
    expect((await read(open.id, '', member)).messages).toHaveLength(1);
    const participant = api.as(mintParticipantToken({ name: 'ann', grants: [], sub: project.id, kid: project.apiKeyId }, parseApiKey(project.apiKey)!.secret));
    expect(codeOf(await participant('GET', `${feeds}/${open.id}/messages`))).toBe('403 forbidden');
  });

  it("another project's feeds are not there", async () => {
    const { id, name } = await newFeed({ visibility: 'public' });
    const other = await api.newProject();
    for (const [method, path] of [['GET', id], ['GET', `by-name/${name}`], ['PUT', id], ['DELETE', id], ['GET', `${id}/messages`], ['POST', `${id}/messages`]]) {
      expect({ path, answer: codeOf(await other.admin(method!, `${other.path}/feeds/${path}`, {})) }).toEqual({ path, answer: '404 feed_not_found' });
    }
  });
});
