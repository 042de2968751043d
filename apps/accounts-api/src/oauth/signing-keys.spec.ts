import { isRotationDue, keysThatAreOver, ROTATE_AFTER_MS, SHOWN_AFTER_MS, SHOWN_BEFORE_MS, signingFirst } from './signing-keys.store.js';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const key = (keyId: string, ageMs: number) => ({ keyId, createdAt: new Date(NOW - ageMs) });
const ids = (keys: { keyId: string }[]) => keys.map(({ keyId }) => keyId);

describe('rotation of signing keys', () => {
  it('is due without a key, and when the newest has served its time', () => {
    expect([isRotationDue([], NOW), isRotationDue([key('a', ROTATE_AFTER_MS - 1)], NOW), isRotationDue([key('a', ROTATE_AFTER_MS)], NOW)]).toEqual([true, false, true]);
  });

  it('a first key signs at once; a further one only when everybody has seen it', () => {
    expect(ids(signingFirst([key('first', 0)], NOW))).toEqual(['first']);
    expect(ids(signingFirst([key('new', SHOWN_BEFORE_MS - 1), key('old', ROTATE_AFTER_MS)], NOW))).toEqual(['old', 'new']);
    expect(ids(signingFirst([key('new', SHOWN_BEFORE_MS), key('old', ROTATE_AFTER_MS)], NOW))).toEqual(['new', 'old']);
  });

  it('a replaced key is shown until no token of its can be alive', () => {
    const overlap = SHOWN_BEFORE_MS + SHOWN_AFTER_MS;
    expect(ids(keysThatAreOver([key('new', overlap - 1), key('old', ROTATE_AFTER_MS)], NOW))).toEqual([]);
    expect(ids(keysThatAreOver([key('new', overlap), key('old', ROTATE_AFTER_MS), key('older', 2 * ROTATE_AFTER_MS)], NOW))).toEqual(['old', 'older']);
    expect(ids(keysThatAreOver([key('only', 10 * ROTATE_AFTER_MS)], NOW))).toEqual([]);
  });
});
