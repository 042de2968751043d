import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '@llm-proxy/platform-logging';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import { collect, message, until } from './inbox.suite.js';
import type { UsageStream } from './port.js';
import { createPostgresStream } from './postgres/postgres-stream.js';
import { parseSetAsideArguments, runSetAside } from './run-set-aside.js';

const TOPIC = 'llm.usage.v1';

describe('the arguments', () => {
  test.each([['list'], ['show', 'id'], ['replay', 'id', 'other'], ['replay', '--all', '--topic', 'llm.usage.priced.v1'], ['list', '--json']])('%s %s %s %s', (...argv) =>
    expect(parseSetAsideArguments(argv).verb).toBe(argv[0]),
  );

  test.each([[], ['delete'], ['show'], ['replay'], ['replay', 'id', '--all'], ['list', 'id'], ['list', '--colour']])('%s %s %s are refused with the usage', (...argv) =>
    expect(() => parseSetAsideArguments(argv)).toThrow('replay <id>... | --all'),
  );
});

describeWith(['postgres'], 'the set-aside command', () => {
  let database: TestDatabase;
  let stream: UsageStream;
  const run = (...argv: string[]): Promise<string> => runSetAside(stream, parseSetAsideArguments(argv));

  beforeAll(async () => {
    database = await engines.postgresDatabase('set_aside_command');
    stream = createPostgresStream({ databaseUrl: database.url, clientId: 'spec', logger: createLogger('spec', 'silent') });
    await stream.connect([TOPIC]);
  });

  afterAll(async () => {
    await stream.close();
    await database.drop();
  });

  test('lists, shows and replays', async () => {
    const inbox = collect();
    let known = false;
    const handler = async (batch: typeof inbox.messages) => (known ? inbox.handler(batch) : batch.map((one) => ({ message: one, reason: 'unpriceable: gpt-9' })));
    await stream.subscribe({ topic: TOPIC, group: 'metering', handler });
    const [first, second] = [message('project', { model: 'gpt-9' }), message('project', { model: 'gpt-8' })];
    await stream.publish(TOPIC, [first, second]);
    await until(async () => (await stream.listSetAside(TOPIC)).length === 2);

    expect(await run('list')).toMatch(new RegExp(`metering  ${first.id}  project  unpriceable: gpt-9[^]*2 set aside`));
    expect(JSON.parse((await run('list', '--json')).split('\n')[1]!)).toMatchObject({ id: second.id, value: { model: 'gpt-8' } });
    expect(JSON.parse(await run('show', first.id))).toMatchObject({ group: 'metering', value: { model: 'gpt-9' } });
    await expect(run('show', 'unknown')).rejects.toThrow('unknown is not set aside');
    known = true;
    expect(await run('replay', first.id)).toBe(`1 published again to ${TOPIC}.`);
    expect(await run('replay', '--all')).toBe(`1 published again to ${TOPIC}.`);
    await until(() => inbox.messages.length === 2);
    expect(await run('list')).toBe('Nothing is set aside.');
    await expect(run('list', '--topic', 'misspelt')).rejects.toThrow('no topic misspelt');
  }, 30_000);
});
