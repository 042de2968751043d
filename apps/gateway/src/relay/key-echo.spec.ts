import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KeyEcho, REDACTED } from './key-echo.js';

const KEY = 'sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXyZ4';
const echo = new KeyEcho(KEY);

describe('in an error', () => {
  test.each([
    ['the whole key', `Incorrect API key provided: ${KEY}. You can find your key at …`],
    ['a masked key, as OpenAI writes it', `Incorrect API key provided: sk-proj-********************************XyZ4. You can find`],
    ['the beginning of the key', `The key ${KEY.slice(0, 16)} was revoked`],
    ['the middle of the key', `unknown credential "${KEY.slice(10, 30)}"`],
    ['the end of the key', `…${KEY.slice(-12)} is not valid`],
    ['the key as a URL has it', `GET /?key=${encodeURIComponent(KEY)}`],
    ['the key in base64', `Basic ${Buffer.from(KEY).toString('base64')}`],
    ['the key twice', `${KEY}${KEY}`],
    ['the key of somebody else', 'key sk-other-0123456789 is over its limit'],
    ['a shortened key', 'sk-proj...XyZ4 is not valid'],
  ])('%s does not pass', (_, text) => {
    const clean = echo.redact(text);
    expect(clean).toContain(REDACTED);
    for (let start = 0; start + 12 <= KEY.length; start += 1) expect(clean).not.toContain(KEY.slice(start, start + 12));
    expect(clean).not.toContain('XyZ4');
    expect(clean).not.toMatch(/\bsk-/);
  });

  test.each([
    '{"error":{"message":"The model `gpt-9` does not exist","type":"invalid_request_error","param":null,"code":"model_not_found"}}',
    'Rate limit reached for gpt-5.4 in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 1.5s.',
    'The disk-abcdef is full; ask-me-anything; risk-free ***important*** and more... really...',
    'Überlänge: 超过限制 – “quoted” …',
    '',
  ])('%j stays as it is', (text) => {
    const latin1 = Buffer.from(text).toString('latin1');
    expect(echo.redact(latin1)).toBe(latin1);
  });
});

describe('a key that looks like nothing', () => {
  test.each([
    ['short', 'hunter2'],
    ['with characters that JSON escapes', 'a"b\\c/secret key'],
    ['not ASCII', 'schlüssel-für-alles'],
    ['another prefix, masked', 'xai-0123456789abcdefghij'],
    ['the redaction itself', REDACTED],
  ])('%s', (_, key) => {
    const text = Buffer.from(JSON.stringify({ error: `bad key ${key}` })).toString('latin1');
    const inJson = Buffer.from(JSON.stringify(key).slice(1, -1)).toString('latin1');
    expect(new KeyEcho(key).redact(text).replaceAll(REDACTED, '')).not.toContain(inJson);
  });

  test('too short to be one: words stay whole', () => {
    expect(new KeyEcho('sk').redact('the task was not asked for')).toBe('the task was not asked for');
  });

  test('masked by its provider', () => {
    expect(new KeyEcho('xai-0123456789abcdefghij').redact('Incorrect API key xai-0****ghij, sorry')).toBe(`Incorrect API key ${REDACTED}, sorry`);
    expect(new KeyEcho('xai-0123456789abcdefghij').redact('Use the ****bold**** form')).toBe('Use the ****bold**** form');
  });
});

test('whatever stands around it, the key does not pass, and what stands around it does', () => {
  const words = fc.string({ unit: fc.constantFrom(...'abc XYZ{}":,.0123\n') });
  fc.assert(
    fc.property(words, words, (before, after) => {
      expect(echo.redact(`${before} ${KEY} ${after}`)).toBe(`${before} ${REDACTED} ${after}`);
    }),
  );
});

test('a long error is looked through in no time', () => {
  for (const text of ['a'.repeat(256 * 1024), '*'.repeat(256 * 1024), 'a***'.repeat(64 * 1024), KEY.slice(0, 11).repeat(20_000)]) {
    const before = process.cpuUsage();
    echo.redact(text);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  }
});
