import { jest } from '@jest/globals';
import { type MessageSchema, problemOfMessages, problemOfSchema, whichFit } from './message-schema.js';
import { TookTooLong, withinTime } from './time-limited.js';

const problemOf = (schema: MessageSchema | null, messages: readonly unknown[], projectId = 'project') => problemOfMessages(projectId, schema, messages);

const team = { type: 'object', properties: { team: { type: 'string', minLength: 1 } }, required: ['team'] };

describe('the schema of a feed', () => {
  it.each<[string, MessageSchema, unknown, unknown]>([
    ['an object', team, { team: 'search' }, { team: 7 }],
    ['true and false', { anyOf: [true, false] }, 1, undefined],
    ['definitions', { $defs: { positive: { exclusiveMinimum: 0 } }, items: { $ref: '#/$defs/positive' } }, [1, 2], [1, 0]],
    ['a pattern', { pattern: '^a+$' }, 'aaa', 'ab'],
    ['draft 7', { $schema: 'http://json-schema.org/draft-07/schema#', definitions: { x: team }, items: [{ $ref: '#/definitions/x' }] }, [{ team: 'a' }], [{}]],
    ['a name of its own', { $id: 'https://example.com/mine', type: 'number' }, 1, '1'],
    ['keywords nobody knows', { 'x-mine': true, type: 'null' }, null, 0],
  ])('%s', (_, schema, fitting, misfit) => {
    expect(problemOfSchema(schema)).toBeNull();
    expect(problemOf(schema, [fitting])).toBeNull();
    if (misfit !== undefined) expect(problemOf(schema, [fitting, misfit])).toMatchObject({ index: 1, problem: expect.stringMatching(/^message/) });
  });

  it('one name may be used by many feeds, and by one feed for one schema after another', () => {
    for (const type of ['string', 'number', 'string']) expect(problemOfSchema({ $id: 'https://example.com/same', type })).toBeNull();
  });

  it('none, true: everything fits; false: nothing does', () => {
    expect(problemOf(null, [1])).toBeNull();
    expect(problemOf(true, [1])).toBeNull();
    expect(problemOf(false, [1])).toEqual({ index: 0, problem: expect.stringContaining('false') });
  });

  it.each<[string, Record<string, unknown>]>([
    ['no such type', { type: 'strng' }],
    ['a broken pattern', { pattern: '(' }],
    ['a reference to elsewhere', { $ref: 'https://example.com/other.json' }],
    ['a dialect nobody knows', { $schema: 'https://example.com/dialect' }],
    ['asynchronous', { $async: true }],
  ])('%s is refused, and harms no other', (_, schema) => {
    expect(problemOfSchema(schema)).toMatch(/./);
    expect(problemOf(team, [{ team: 'a' }])).toBeNull();
  });

  it('one that would take for ever ends soon', () => {
    const endless: MessageSchema = { pattern: '^(a+)+$' };
    expect(problemOf(endless, [`${'a'.repeat(40)}b`], 'slow')).toEqual({ index: 0, problem: 'checking it takes too long' });
    expect(problemOf(team, [{ team: 'a' }], 'slow')).toEqual({ index: 0, problem: expect.stringContaining('took too long') });
    expect(problemOf({ $ref: '#' }, [1])).toMatchObject({ index: 0, problem: expect.stringMatching(/./) });
    expect(problemOf(team, [{ team: 'a' }])).toBeNull();
  });

  it('tells of each message whether it fits', () => {
    expect(whichFit('project', team, [{ team: 'a' }, {}, { team: 'b' }])).toEqual([true, false, true]);
    expect(whichFit('project', null, [1, {}])).toEqual([true, true]);
  });

  it('many messages that are slow to check are ended as one', () => {
    const slow: MessageSchema = { pattern: '^(a+)+$' };
    const start = performance.now();
    expect(whichFit('many', slow, Array.from({ length: 1_000 }, () => `${'a'.repeat(22)}b`))).toBeNull();
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(whichFit('many', team, [{ team: 'a' }])).toBeNull();
    expect(whichFit('another', team, [{ team: 'a' }])).toEqual([true]);
  });

  it('checks that are each in time rest when together they took too much of a minute', () => {
    let nowMs = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const slowMessage = { get team() { return `team ${(nowMs += 900)}`; } };
    try {
      const startMs = nowMs;
      while (nowMs - startMs <= 5_000) expect(whichFit('busy', team, [slowMessage])).toEqual([true]);
      expect(whichFit('busy', team, [{ team: 'a' }])).toBeNull();
      expect(problemOf(team, [{ team: 'a' }], 'busy')).toEqual({ index: 0, problem: expect.stringContaining('took too long') });
      expect(problemOf(team, [{ team: 'a' }], 'idle')).toBeNull();
    } finally {
      clock.mockRestore();
    }
  });

  it('work within its time gives what it gives, and fails as it fails', () => {
    expect(withinTime(1_000, () => 7)).toBe(7);
    expect(() => withinTime(1_000, () => JSON.parse('{'))).toThrow(SyntaxError);
    expect(() => withinTime(20, () => { for (;;); })).toThrow(TookTooLong);
  });
});
