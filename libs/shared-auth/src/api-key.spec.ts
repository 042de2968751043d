import fc from 'fast-check';
import { formatApiKey, newApiKeySecret, parseApiKey } from './api-key.js';

const GOLDEN = {
  text: 'ma-Ej5FZ.ibEtOkVkJmFBdAAA-Dx4tPEtaaXiQq83vEjRWeA-super-secret-with-dashes',
  parts: { keyId: '123e4567-e89b-12d3-a456-426614174000', projectId: '0f1e2d3c-4b5a-6978-90ab-cdef12345678', secret: 'super-secret-with-dashes' },
};

const secrets = fc.stringMatching(/^[\x21-\x7e]{1,256}$/);
const apiKeys = fc.record({ keyId: fc.uuid(), projectId: fc.uuid(), secret: secrets });

describe('API key text', () => {
  it('has the form that clients read and write', () => {
    expect(formatApiKey(GOLDEN.parts)).toBe(GOLDEN.text);
    expect(parseApiKey(GOLDEN.text)).toEqual(GOLDEN.parts);
  });

  it('packs UUIDs with . and _ where base64url has - and _', () => {
    const uuid = 'fbf0ffff-3e4d-4fbe-bf7f-efbffbefbeff';
    const text = formatApiKey({ keyId: uuid, projectId: uuid, secret: 's' });
    expect(text).toBe('ma-._D__z5NT76_f.._...._w-._D__z5NT76_f.._...._w-s');
    expect(parseApiKey(text)).toEqual({ keyId: uuid, projectId: uuid, secret: 's' });
  });

  it('reads back what it wrote', () => {
    fc.assert(fc.property(apiKeys, (key) => expect(parseApiKey(formatApiKey(key))).toEqual(key)));
  });

  it('has one spelling per key: what parses is what formatting gives', () => {
    const nearKeys = fc.tuple(apiKeys, fc.nat(60), fc.string({ minLength: 0, maxLength: 2 })).map(([key, at, patch]) => {
      const text = formatApiKey(key);
      return text.slice(0, at) + patch + text.slice(at + 1);
    });
    fc.assert(
      fc.property(nearKeys, (text) => {
        const parsed = parseApiKey(text);
        if (parsed) expect(formatApiKey(parsed)).toBe(text);
      }),
    );
  });

  it('refuses anything else without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(parseApiKey(text)).toBeNull()));
    const { text } = GOLDEN;
    const wrong = ['', 'ma-', 'ma-a-b-c', text.slice(1), `${text}\n`, ` ${text}`, text.replace('AAA-', 'AAB-'), text.slice(0, 49), `${text}${'x'.repeat(256)}`];
    for (const one of wrong) expect({ one, parsed: parseApiKey(one) }).toEqual({ one, parsed: null });
  });

  it('does not format what it could not parse', () => {
    expect(() => formatApiKey({ ...GOLDEN.parts, keyId: 'not-a-uuid' })).toThrow(TypeError);
    expect(() => formatApiKey({ ...GOLDEN.parts, secret: '' })).toThrow(TypeError);
  });

  it('makes secrets of 32 random bytes and a checksum', () => {
    const secret = newApiKeySecret();
    expect(Buffer.from(secret, 'base64url')).toHaveLength(36);
    expect(newApiKeySecret()).not.toBe(secret);
    const key = { ...GOLDEN.parts, secret };
    expect(parseApiKey(formatApiKey(key))).toEqual(key);
  });

  it('tells a secret that was copied wrongly, whichever character it is', () => {
    const base64url = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    fc.assert(
      fc.property(fc.nat(47), base64url, (at, character) => {
        const text = formatApiKey({ ...GOLDEN.parts, secret: newApiKeySecret() });
        const start = text.length - 48 + at;
        const wrong = text.slice(0, start) + character + text.slice(start + 1);
        if (wrong === text) expect(parseApiKey(wrong)).not.toBeNull();
        else expect(parseApiKey(wrong)).toBeNull();
      }),
    );
    expect(() => formatApiKey({ ...GOLDEN.parts, secret: 'x'.repeat(48) })).toThrow(TypeError);
  });

  it('takes secrets without a checksum, which other programs and earlier releases make', () => {
    for (const secret of ['x'.repeat(43), 'x'.repeat(47), 'x'.repeat(49), '!'.repeat(48)]) expect(parseApiKey(formatApiKey({ ...GOLDEN.parts, secret }))).toMatchObject({ secret });
  });
});
