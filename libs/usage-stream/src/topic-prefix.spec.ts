import type { ReceivedMessage, SetAsideRecord, SubscribeOptions, UsageStream } from './port.js';
import { withTopicPrefix } from './topic-prefix.js';

const message: ReceivedMessage = { id: 'a', key: 'k', value: Buffer.from('1'), topic: 'p.t', partition: 0, offset: '7' };
const record: SetAsideRecord = { ...message, group: 'p.g', reason: 'r', setAsideAt: new Date(0) };

/** Notes what reaches the engine. */
const engine = () => {
  const calls: unknown[][] = [];
  const note =
    <Answer>(name: string, answer: Answer) =>
    async (...args: unknown[]): Promise<Answer> => {
      calls.push([name, ...args]);
      return answer;
    };
  let subscribed: SubscribeOptions | undefined;
  const stream: UsageStream = {
    connect: note('connect', undefined),
    publish: note('publish', undefined),
    subscribe: async (options) => {
      subscribed = options;
      return { stop: async () => undefined };
    },
    listSetAside: note('listSetAside', [record]),
    replaySetAside: note('replaySetAside', 1),
    check: note('check', undefined),
    close: note('close', undefined),
  };
  return { calls, stream, subscribed: () => subscribed! };
};

describe('topic prefix', () => {
  it('is on everything that reaches the engine, and on nothing that comes back', async () => {
    const { calls, stream, subscribed } = engine();
    const prefixed = withTopicPrefix(stream, 'p.');
    await prefixed.connect(['t', 'u']);
    await prefixed.publish('t', []);
    expect(await prefixed.replaySetAside('t', ['a'])).toBe(1);
    expect(await prefixed.listSetAside('t')).toEqual([{ ...record, topic: 't', group: 'g' }]);
    expect(calls).toEqual([
      ['connect', ['p.t', 'p.u']],
      ['publish', 'p.t', []],
      ['replaySetAside', 'p.t', ['a']],
      ['listSetAside', 'p.t'],
    ]);

    const seen: ReceivedMessage[] = [];
    await prefixed.subscribe({
      topic: 't',
      group: 'g',
      handler: async (batch) => {
        seen.push(...batch);
        return [{ message: batch[0]!, reason: 'poison' }];
      },
    });
    expect([subscribed().topic, subscribed().group]).toEqual(['p.t', 'p.g']);
    // What is set aside must be the engine's own message, or it would be stored under a topic that does not exist.
    expect(await subscribed().handler([message])).toEqual([{ message, reason: 'poison' }]);
    expect(seen).toEqual([{ ...message, topic: 't' }]);
  });
});
