import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type BrowserPage, createBrowser } from '@llm-proxy/testing';
import { CLI, type Person, PUBLIC_URL, signIn, type Tokens } from '../oauth/signed-in.suite.js';
import { runAccountsApi, type RunningAccountsApi } from '../running-accounts-api.suite.js';

const NEW = 'another long password';

describe('changing one’s own password', () => {
  let api: RunningAccountsApi;

  beforeAll(async () => {
    api = await runAccountsApi({ PUBLIC_URL });
  });
  afterAll(() => api.close());

  const newPerson = async (): Promise<Person & { id: string }> => {
    const person = { email: `${randomUUID()}@example.com`, password: 'a password of the spec' };
    return { ...person, id: (await api.operator('POST', '/accounts/users', person)).body['id']! };
  };
  const change = async (fields: { email: string; password: string; new_password: string; repeated?: string }): Promise<BrowserPage> => {
    const browser = createBrowser();
    return browser.press(await browser.open(`${api.url}/oauth/password`), 'change', { repeated: fields.new_password, ...fields });
  };
  const problemOf = ({ html }: BrowserPage) => /role="alert">([^<]*)</.exec(html)?.[1];
  const me = async ({ access_token }: Tokens) => (await api.as(access_token)('GET', '/accounts/profiles/me')).status;
  const refreshed = async ({ refresh_token }: Tokens) => (await api.anonymous('POST', '/oauth/token', { grant_type: 'refresh_token', refresh_token, client_id: CLI.client_id })).status;

  it('ends every session, refresh token and access token; the new one works, the old one does not', async () => {
    const [person, other] = [await newPerson(), await newPerson()];
    const browser = createBrowser();
    const [tokens, others] = [await signIn(api, person, CLI, browser), await signIn(api, other)];
    const page = await change({ email: person.email.toUpperCase(), password: person.password, new_password: NEW });
    expect([page.status, page.html.includes('Password changed')]).toEqual([200, true]);
    expect([await me(tokens), await refreshed(tokens)]).toEqual([401, 400]);
    expect([await me(others), await refreshed(others)]).toEqual([200, 200]);
    const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url');
    const again = await browser.open(`${api.url}/oauth/authorize?${new URLSearchParams({ response_type: 'code', ...CLI, scope: 'profile', code_challenge: challenge })}`);
    expect((await browser.press(again, 'sign_in', { ...person })).status).toBe(401);
    expect(await me(await signIn(api, { ...person, password: NEW }))).toBe(200);
  });

  it('is in the operator’s audit log, by the user; an attempt that failed is not', async () => {
    const person = await newPerson();
    const changes = async () => (await api.operator('GET', `/accounts/sysadmin/audit?target=${person.id}&action=user.password_changed`)).body['entries'] as unknown as object[];
    expect((await change({ ...person, password: 'not the one', new_password: NEW })).status).toBe(401);
    expect(await changes()).toEqual([]);
    expect((await change({ ...person, new_password: NEW })).status).toBe(200);
    expect(await changes()).toMatchObject([{ project_id: null, actor: { type: 'user', id: person.id, name: person.email }, target: { type: 'user', id: person.id, name: person.email }, details: {} }]);
  });

  it.each([
    ['a wrong password', { password: 'not the one' }, 401, 'is not right'],
    ['an unknown e-mail', { email: 'nobody@example.com' }, 401, 'is not right'],
    ['a short password', { new_password: 'too short' }, 400, 'at least 12'],
    ['an endless password', { new_password: 'x'.repeat(1_025) }, 400, 'at least 12'],
    ['the same password', { new_password: 'a password of the spec' }, 400, 'another one'],
    ['a password typed differently', { repeated: 'something else again' }, 400, 'twice alike'],
    ['what cannot be stored', { email: '\0' }, 401, 'is not right'],
  ])('refuses %s', async (_, fields, status, says) => {
    const person = await newPerson();
    const tokens = await signIn(api, person);
    const page = await change({ email: person.email, password: person.password, new_password: NEW, ...fields });
    expect([page.status, problemOf(page)]).toEqual([status, expect.stringContaining(says)]);
    expect(page.html).not.toContain(person.password);
    expect(await me(tokens)).toBe(200);
  });

  it('attempts count as attempts to sign in', async () => {
    const person = await newPerson();
    const wrong = await Promise.all(Array.from({ length: 11 }, () => change({ email: person.email, password: 'x', new_password: NEW })));
    expect(wrong.filter(({ status }) => status === 429)).toHaveLength(1);
    expect((await change({ email: person.email, password: person.password, new_password: NEW })).status).toBe(429);
    await expect(signIn(api, person)).rejects.toThrow();
  });

  it('of two changes at the same moment one succeeds', async () => {
    const person = await newPerson();
    const both = await Promise.all(['first new password', 'second new password'].map((new_password) => change({ ...person, new_password })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it('a form from elsewhere does nothing', async () => {
    const person = await newPerson();
    const body = new URLSearchParams({ email: person.email, password: person.password, new_password: NEW, repeated: NEW });
    expect((await fetch(`${api.url}/oauth/password`, { method: 'POST', body, headers: { origin: 'https://evil.example.com' } })).status).toBe(403);
    expect(await me(await signIn(api, person))).toBe(200);
  });

  it('the operator sets a new one by e-mail, made by us when none is given', async () => {
    const person = await newPerson();
    const tokens = await signIn(api, person);
    const { status, body } = await api.operator('PUT', `/accounts/users/${encodeURIComponent(person.email)}/password`, {});
    expect([status, body]).toEqual([200, { ok: true, password: expect.stringMatching(/^[\w-]{20}$/) }]);
    expect(await me(tokens)).toBe(401);
    expect(await me(await signIn(api, { ...person, password: body['password']! }))).toBe(200);
    expect((await api.operator('PUT', '/accounts/users/nobody@example.com/password', {})).status).toBe(404);
  });
});

describe('anonymous requests', () => {
  it('are limited by address, pages and endpoints alike; nobody else is', async () => {
    const api = await runAccountsApi({ PUBLIC_URL, OAUTH_REQUESTS_PER_MINUTE: '20' });
    const get = (path: string, from: string) => fetch(`${api.url}${path}`, { method: path === '/oauth/token' ? 'POST' : 'GET', headers: { 'x-forwarded-for': from } });
    for (const [path, type] of [['/oauth/authorize', 'text/html'], ['/oauth/token', 'application/json'], ['/oauth/sign-in/x', 'text/html'], ['/oauth/password', 'text/html']] as const) {
      const from = randomUUID();
      const answers = await Promise.all(Array.from({ length: 60 }, () => get(path, `${randomUUID()}, ${from}`)));
      const refused = answers.filter(({ status }) => status === 429);
      // A minute may end in between.
      expect(refused.length).toBeGreaterThanOrEqual(20);
      expect([refused[0]!.headers.get('retry-after'), refused[0]!.headers.get('content-type')]).toEqual(['60', expect.stringContaining(type)]);
      expect((await get(path, randomUUID())).status).not.toBe(429);
      expect((await get('/oauth/jwks', from)).status).toBe(200);
    }
    await api.close();
  });

  it('signing out without a session says so, on a page of ours', async () => {
    const api = await runAccountsApi({ PUBLIC_URL });
    const page = await createBrowser().open(`${api.url}/oauth/sign-out`);
    expect([page.status, page.html.includes('Signed out'), page.html.includes('<script')]).toEqual([200, true, false]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    await api.close();
  });
});
