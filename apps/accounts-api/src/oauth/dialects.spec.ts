import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { readClientRequest, withChallengeMethod, withForm } from './dialects.js';

const requestOf = (body: string, headers: Record<string, string>): IncomingMessage =>
  Object.assign(Readable.from([Buffer.from(body)]), { method: 'POST', headers: { ...headers } }) as unknown as IncomingMessage;
const bodyOf = async (body: string, headers: Record<string, string>) => {
  const form = await readClientRequest(requestOf(body, headers));
  return form && Object.fromEntries(form);
};
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

describe('dialects of OAuth clients', () => {
  it('a challenge without a method is S256; one with a method says what it is', () => {
    expect(withChallengeMethod('/oauth/authorize?code_challenge=abc&state=x')).toBe('/oauth/authorize?code_challenge=abc&state=x&code_challenge_method=S256');
    for (const url of ['/oauth/authorize', '/oauth/authorize?state=x', '/oauth/authorize?code_challenge=abc&code_challenge_method=plain']) expect(withChallengeMethod(url)).toBe(url);
  });

  it('keeps every other parameter, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (state, scope) => {
        const url = withChallengeMethod(`/oauth/authorize?${new URLSearchParams({ code_challenge: 'c', state, scope })}`);
        expect(Object.fromEntries(new URLSearchParams(url.split('?')[1]))).toEqual({ code_challenge: 'c', state, scope, code_challenge_method: 'S256' });
      }),
    );
  });

  it('JSON bodies become members; what is no text in them is not there', async () => {
    expect(await bodyOf('{"grant_type":"refresh_token","n":1,"o":{}}', JSON_TYPE)).toEqual({ grant_type: 'refresh_token' });
    for (const bad of ['', '[]', 'null', '{', `{"a":"${'x'.repeat(60_000)}"}`]) expect(await bodyOf(bad, JSON_TYPE)).toEqual({});
  });

  it('a Basic header becomes members, and outweighs the body', async () => {
    expect(await bodyOf('grant_type=client_credentials&client_id=other', { ...FORM_TYPE, authorization: basic('id', 'a:b c') })).toEqual({
      grant_type: 'client_credentials',
      client_id: 'id',
      client_secret: 'a:b c',
    });
  });

  it('forms stay what they are, a parameter that comes twice included; other bodies are left alone', async () => {
    expect([...(await readClientRequest(requestOf('a=b&a=c%20d', { ...FORM_TYPE, authorization: 'Bearer x' })))!]).toEqual([['a', 'b'], ['a', 'c d']]);
    expect(await bodyOf('a=b', { 'content-type': 'text/plain' })).toBeNull();
  });

  it('a request that was read can be read again, with another form', async () => {
    const request = requestOf('{"a":"b"}', { ...JSON_TYPE, 'authorization': basic('id', 'x'), 'transfer-encoding': 'chunked' });
    const form = (await readClientRequest(request))!;
    const again = withForm(request, form);
    expect(again.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded', 'content-length': '32' });
    expect([again.headers.authorization, again.headers['transfer-encoding']]).toEqual([undefined, undefined]);
    const chunks = await again.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]().next();
    expect(String(chunks.value)).toBe('a=b&client_id=id&client_secret=x');
  });
});
