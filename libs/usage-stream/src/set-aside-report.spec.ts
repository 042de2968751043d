import { expect, test } from '@jest/globals';
import type { SetAsideRecord } from './port.js';
import { toDetails, toTable } from './set-aside-report.js';

const record = (overrides: Partial<SetAsideRecord> = {}): SetAsideRecord => ({
  id: 'event-1',
  topic: 'llm.usage.v1',
  group: 'metering',
  key: 'project-1',
  value: Buffer.from('{"model":"gpt-9"}'),
  reason: 'unpriceable: gpt-9',
  setAsideAt: new Date('2026-11-22T10:00:00Z'),
  ...overrides,
});

test('the table has a line per message, columns in line', () => {
  const lines = toTable([record(), record({ id: 'event-two', group: 'g' })]).split('\n');
  expect(lines).toEqual([
    'SET ASIDE                 GROUP     ID         KEY        REASON',
    '2026-11-22T10:00:00.000Z  metering  event-1    project-1  unpriceable: gpt-9',
    '2026-11-22T10:00:00.000Z  g         event-two  project-1  unpriceable: gpt-9',
    '',
    '2 set aside.',
  ]);
});

test('no control character of a reason reaches the terminal, and a cell stays short', () => {
  const table = toTable([record({ reason: `bad \u001B[31m\n${'x'.repeat(500)}` })]);
  expect(table).not.toContain('\u001B');
  expect(table.split('\n')[1]!.length).toBeLessThan(150);
});

test('an empty list says so', () => expect(toTable([])).toBe('Nothing is set aside.'));

test.each([
  ['JSON', Buffer.from('{"a":[1]}'), { value: { a: [1] } }],
  ['text', Buffer.from('not json'), { value: 'not json' }],
  ['other bytes', Buffer.from([0xff, 0x00]), { valueBase64: '/wA=' }],
])('the details show %s as it is', (_, value, expected) => {
  expect(JSON.parse(toDetails(record({ value })))).toMatchObject({ id: 'event-1', reason: 'unpriceable: gpt-9', setAsideAt: '2026-11-22T10:00:00.000Z', ...expected });
});
