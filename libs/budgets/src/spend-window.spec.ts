import { describe, expect, it } from '@jest/globals';
import { windowKeyOf } from './spend-window.js';

describe('windowKeyOf', () => {
  it.each([
    ['day', '2026-11-22T00:00:00.000Z', '2026-11-22', '2026-12-01T00:00:00.000Z'],
    ['day', '2026-11-22T23:59:59.999Z', '2026-11-22', '2026-12-01T00:00:00.000Z'],
    ['day', '2028-02-29T12:00:00.000Z', '2028-02-29', '2028-03-09T00:00:00.000Z'],
    ['month', '2026-11-30T23:59:59.999Z', '2026-11-01', '2027-01-10T00:00:00.000Z'],
    ['month', '2026-12-01T00:00:00.000Z', '2026-12-01', '2027-02-10T00:00:00.000Z'],
  ] as const)('%s of %s starts on %s and is kept until %s', (kind, at, start, expiresAt) => {
    expect(windowKeyOf({ kind, at: new Date(at) })).toEqual({ kind, start, expiresAt: new Date(expiresAt) });
  });
});
