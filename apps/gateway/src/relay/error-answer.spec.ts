import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { IncomingHttpHeaders } from 'node:http';
import { ErrorAnswer } from './error-answer.js';
import { KeyEcho, REDACTED } from './key-echo.js';

const KEY = 'sk-live-0123456789abcdef';
const LEAKING = JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}` } });
const HARMLESS = JSON.stringify({ error: { message: 'Überlänge' } });

const show = (body: Buffer | string, headers: IncomingHttpHeaders = {}, statusMessage = 'Unauthorized') => {
  const answer = new ErrorAnswer(new KeyEcho(KEY), { status: 401, statusMessage, headers });
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += 7) answer.push(bytes.subarray(at, at + 7));
  return answer.withoutKey();
};

const encodings: [string, (body: string) => Buffer][] = [
  ['identity', (body) => Buffer.from(body)],
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, br', (body) => brotliCompressSync(gzipSync(body))],
];

describe.each(encodings)('encoded as %s', (encoding, encode) => {
  test('an error with the key is shown in plain, without it', () => {
    const shown = show(encode(LEAKING), { 'content-encoding': encoding, 'content-length': '1' })!;
    expect(shown.body.toString()).toBe(LEAKING.replace(KEY, REDACTED));
    expect(shown.headers).toEqual({ 'content-length': String(shown.body.length) });
  });

  test('an error without the key is shown byte by byte as it came', () => {
    const headers = { 'content-encoding': encoding, 'content-type': 'application/json', 'x-request-id': 'req_1' };
    const shown = show(encode(HARMLESS), headers)!;
    expect(shown.body.equals(encode(HARMLESS))).toBe(true);
    expect(shown.headers).toEqual(headers);
  });
});

test('the key does not pass in a header or in the status line', () => {
  const shown = show(HARMLESS, { 'www-authenticate': `Bearer error="bad ${KEY}"`, link: [`<https://a/?key=${KEY}>`, '<https://b>'] as never }, `Bad key ${KEY}`)!;
  expect(JSON.stringify(shown)).not.toContain(KEY);
  expect(shown.headers['www-authenticate']).toBe(`Bearer error="bad ${REDACTED}"`);
  expect(shown.headers['link']).toEqual([`<https://a/?key=${REDACTED}>`, '<https://b>']);
});

test('an empty error is an empty error', () => {
  expect(show('', { 'content-encoding': 'gzip' })!.body).toHaveLength(0);
});

test.each<[string, Buffer | string, IncomingHttpHeaders]>([
  ['too long', 'x'.repeat(256 * 1024 + 1), {}],
  ['too long once it is decoded', gzipSync('x'.repeat(1024 * 1024)), { 'content-encoding': 'gzip' }],
  ['not what its encoding says', LEAKING, { 'content-encoding': 'gzip' }],
  ['in an encoding nobody knows', LEAKING, { 'content-encoding': 'rot13' }],
  ['in an encoding by the name of a member of every object', LEAKING, { 'content-encoding': 'constructor' }],
])('an error that is %s is not shown', (_, body, headers) => {
  expect(show(body, headers)).toBeNull();
});
