import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { scopeOf, spendQuestionSchema, windowOf } from './spend.schema.js';

const projectId = randomUUID();
const NOW = new Date('2026-11-22T10:00:00Z');

describe('a question about spend', () => {
  it('is about the whole project today when nothing else is said', () => {
    const question = spendQuestionSchema.parse({ projectId });
    expect(scopeOf(question)).toEqual({ dimension: 'project' });
    expect(windowOf(question, NOW)).toEqual({ kind: 'day', at: NOW });
  });

  it('can be about one value of a dimension, and another window', () => {
    const question = spendQuestionSchema.parse({ projectId, room: '', window: 'month', at: '2026-10-01T00:00:00+02:00' });
    expect(scopeOf(question)).toEqual({ dimension: 'room', value: '' });
    expect(windowOf(question, NOW)).toEqual({ kind: 'month', at: new Date('2026-09-30T22:00:00Z') });
  });

  it.each([{ user: 'ann', room: 'lab' }, { window: 'week' }, { at: 'now' }, { colour: 'red' }, { projectId: 'mine' }])('cannot be %j', (query) => {
    expect(spendQuestionSchema.safeParse({ projectId, ...query }).success).toBe(false);
  });
});
