import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { SealError, SecretBox, sealedFields } from './secret-box.js';
import { sameSecret } from './same-secret.js';

const owner = { projectId: '0f1e2d3c-4b5a-6978-90ab-cdef12345678', field: sealedFields.integration('openai') };

describe('SecretBox', () => {
  const key = randomBytes(32);
  const box = new SecretBox(key);

  it('opens what it sealed', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (plain) => expect(box.open(box.seal(plain, owner), owner)).toBe(plain)));
  });

  it('seals the same secret differently each time', () => {
    expect(box.seal('sk-1', owner)).not.toBe(box.seal('sk-1', owner));
  });

  it('binds to project and field, with no way to shift text from one to the other', () => {
    const sealed = box.seal('sk-1', { projectId: 'a', field: 'b:c' });
    expect(box.open(sealed, { projectId: 'a', field: 'b:c' })).toBe('sk-1');
    for (const other of [{ projectId: 'x', field: 'b:c' }, { projectId: 'a', field: 'b:d' }, { projectId: 'a:b', field: 'c' }, { projectId: 'a","b', field: 'c' }]) {
      expect(() => box.open(sealed, other)).toThrow(SealError);
    }
  });

  it('refuses any changed text, and says nothing of the secret', () => {
    const sealed = box.seal('sk-very-secret', owner);
    fc.assert(
      fc.property(fc.nat(sealed.length - 2), fc.constantFrom(...'ABab01-_.'), (at, char) => {
        const changed = sealed.slice(0, at) + char + sealed.slice(at + 1);
        if (changed === sealed) return;
        expect(() => box.open(changed, owner)).toThrow(SealError);
      }),
    );
    for (const cut of ['', 'sk-very-secret', sealed.slice(0, 20), sealed.slice(0, -4)]) expect(() => box.open(cut, owner)).toThrow(SealError);
  });

  it('opens what an earlier key sealed, and seals with the current one', () => {
    const next = randomBytes(32);
    const rotated = new SecretBox([next, key]);
    expect(rotated.open(box.seal('old', owner), owner)).toBe('old');
    expect(new SecretBox(next).open(rotated.seal('new', owner), owner)).toBe('new');
    expect(() => new SecretBox(next).open(box.seal('old', owner), owner)).toThrow(/not configured here/);
  });

  it('takes keys of 32 bytes only', () => {
    expect(() => new SecretBox(randomBytes(16))).toThrow(TypeError);
    expect(() => new SecretBox([])).toThrow(TypeError);
  });
});

describe('sameSecret', () => {
  it('compares texts of any length', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => expect(sameSecret(a, b)).toBe(a === b)));
    expect(sameSecret('abc', 'abc')).toBe(true);
  });
});
