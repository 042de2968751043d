import { Readable } from 'node:stream';
import fc from 'fast-check';
import { normaliseClientRequest, type RewrittenRequest, withChallengeMethod } from './dialects.js';

const requestOf = (body: string, headers: Record<string, string>): RewrittenRequest =>
  Object.assign(Readable.from([Buffer.from(body)]), { method: 'POST', headers: { ...headers } }) as unknown as RewrittenRequest;
const bodyOf = async (body: string, headers: Record<string, string>) => {
  const request = requestOf(body, headers);
  await normaliseClientRequest(request);
  return request.body;
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

  it('leaves forms without a Basic header alone', async () => {
    expect(await bodyOf('a=b', FORM_TYPE)).toBeUndefined();
    expect(await bodyOf('a=b', { ...FORM_TYPE, authorization: 'Bearer x' })).toBeUndefined();
  });
});
