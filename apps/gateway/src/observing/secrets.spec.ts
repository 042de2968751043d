import { expect, test } from '@jest/globals';
import { REDACTED, headersWithoutSecrets, withoutSecrets } from './secrets.js';

test.each([
  ['a provider key', 'my key is sk-proj-0123456789abcdef ok', `my key is ${REDACTED} ok`],
  ['a project API key', 'ma-nTkBUghyQ0uXS4HCAwT1yw-2r3getlgRWSrQTU90yAMpA-1ZRbg', REDACTED],
  ['a JSON web token', '{"token":"eyJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiYW5uIn0.c2lnbmF0dXJl"}', `{"token":"${REDACTED}"}`],
  ['a bearer value', 'Authorization: Bearer abcDEF012345==', `Authorization: Bearer ${REDACTED}`],
])('%s', (_, text, clean) => {
  expect(withoutSecrets(text)).toBe(clean);
});

test.each(['a task-oriented agent', 'the ma-chine', 'eyJ is how base64 of { begins', 'the bearer of news'])('%s: not a secret', (text) => {
  expect(withoutSecrets(text)).toBe(text);
});

test('headers that carry credentials are shown by name alone', () => {
  expect(headersWithoutSecrets(['Authorization', 'Bearer x', 'X-Codex-Turn-Metadata', '{"cwd":"/tmp/a"}', 'x-api-key', 'k', 'Accept', '*/*', 'x-note', 'sk-0123456789'])).toEqual({
    authorization: REDACTED,
    'x-codex-turn-metadata': REDACTED,
    'x-api-key': REDACTED,
    accept: '*/*',
    'x-note': REDACTED,
  });
});
