import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { type Browser, type BrowserPage, createBrowser } from '@llm-proxy/testing';
import pg from 'pg';
import { openDatabase } from '../database/database.js';
import { type Ask, runAccountsApi, runOn, type RunningAccountsApi } from '../running-accounts-api.suite.js';

const CLI = { client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', redirect_uri: 'http://localhost:8765/callback' };
const OLDER_SCOPES = 'profile project/* room/* create_users create_rooms llm_proxy admin developer connect_room delete_room update_room';
const PASSWORD = 'a password of the spec';

interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
  token_type: string;
  id_token?: string;
  error?: string;
}

const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');
const newVerifier = () => randomBytes(32).toString('base64url');

describe('OAuth', () => {
  let api: RunningAccountsApi;
  const user = { id: '', email: 'ann@example.com' };

  beforeAll(async () => {
    api = await runAccountsApi({ PUBLIC_URL: 'http://localhost:8080' });
    const created = await api.operator('POST', '/accounts/users', { email: 'Ann@Example.com', first_name: 'Ann', password: PASSWORD });
    user.id = created.body['id']!;
  });
  afterAll(() => api.close());

  const authorizeUrl = (parameters: Record<string, string>) => `${api.url}/oauth/authorize?${new URLSearchParams({ response_type: 'code', ...CLI, scope: OLDER_SCOPES, state: 'st', ...parameters })}`;
  const signIn = (browser: Browser, page: BrowserPage, password = PASSWORD, email = user.email) => browser.press(page, 'sign_in', { email, password });
  const token = async (body: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await fetch(`${api.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(body), headers });
    return { status: response.status, body: (await response.json()) as Tokens };
  };
  /** From the client's request to the code in its callback. */
  const codeFor = async (parameters: Record<string, string>, browser = createBrowser()) => {
    let page = await browser.open(authorizeUrl(parameters));
    if (page.html.includes('name="password"')) page = await signIn(browser, page);
    if (page.html.includes('value="allow"')) page = await browser.press(page, 'allow');
    return { browser, code: page.leftTo?.searchParams.get('code') ?? '', page };
  };
  const tokensFor = async (parameters: Record<string, string> = {}, browser?: Browser) => {
    const verifier = newVerifier();
    const { code } = await codeFor({ code_challenge: challengeOf(verifier), ...parameters }, browser);
    return token({ grant_type: 'authorization_code', code, code_verifier: verifier, ...CLI });
  };
  const refresh = (refreshToken: string) => token({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: CLI.client_id });
  const me = (accessToken: string) => api.as(accessToken)('GET', '/accounts/profiles/me');

  it('discovery documents name what is served, under the public address', async () => {
    for (const document of ['openid-configuration', 'oauth-authorization-server']) {
      const { status, body } = await api.anonymous('GET', `/.well-known/${document}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        issuer: 'http://localhost:8080',
        authorization_endpoint: 'http://localhost:8080/oauth/authorize',
        token_endpoint: 'http://localhost:8080/oauth/token',
        jwks_uri: 'http://localhost:8080/oauth/jwks',
        code_challenge_methods_supported: ['S256'],
        response_types_supported: ['code'],
      });
    }
    const jwks = await api.anonymous('GET', '/oauth/jwks');
    expect(jwks.body['keys']).toEqual([expect.objectContaining({ kty: 'RSA', alg: 'RS256', use: 'sig' })]);
    expect(JSON.stringify(jwks.body)).not.toMatch(/"(?:d|p|q|dp|dq|qi)":/);
    expect((await api.service('GET', '/internal/oauth/keys')).body).toMatchObject({ issuer: 'http://localhost:8080', audience: 'http://localhost:8080/api' });
  });

  it('the command line client signs in, learns who it is, and refreshes', async () => {
    const verifier = newVerifier();
    const { code, page, browser } = await codeFor({ code_challenge: challengeOf(verifier), code_challenge_method: 'S256' });
    expect(page.leftTo!.href).toMatch(/^http:\/\/localhost:8765\/callback\?code=.+&state=st/);
    const exchanged = await token({ grant_type: 'authorization_code', code, code_verifier: verifier, ...CLI });
    expect(exchanged).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600, refresh_token: expect.any(String), scope: expect.stringContaining('llm_proxy') } });
    expect(exchanged.body.id_token).toBeUndefined();
    expect((await me(exchanged.body.access_token)).body).toEqual({ id: user.id, first_name: 'Ann', last_name: null, email: user.email });
    expect((await api.as(exchanged.body.access_token)('GET', '/accounts/whoami')).body).toMatchObject({ id: user.id, type: 'user', email: user.email });
    const refreshed = await refresh(exchanged.body.refresh_token);
    expect(refreshed).toMatchObject({ status: 200, body: { expires_in: 3600, scope: exchanged.body.scope } });
    expect(refreshed.body.refresh_token).not.toBe(exchanged.body.refresh_token);
    expect((await me(refreshed.body.access_token)).status).toBe(200);
    expect(browser.cookies.every(({ attributes }) => /httponly/i.test(attributes) && /samesite=lax/i.test(attributes))).toBe(true);
  });

  it('a challenge without a method is S256, and JSON is as good as a form', async () => {
    const verifier = newVerifier();
    const { code } = await codeFor({ code_challenge: challengeOf(verifier) });
    const exchanged = await api.anonymous('POST', '/oauth/token', { grant_type: 'authorization_code', code, code_verifier: verifier, ...CLI });
    expect(exchanged).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
    const body = { grant_type: 'refresh_token', refresh_token: exchanged.body['refresh_token'], client_id: CLI.client_id };
    expect((await api.anonymous('POST', '/oauth/token', body)).status).toBe(200);
  });

  it('a refresh token that is used twice ends the whole family', async () => {
    const { body: first } = await tokensFor();
    const { body: second } = await refresh(first.refresh_token);
    expect(await refresh(first.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh(second.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('of many who use a code or a refresh token at the same moment, one is served at most', async () => {
    const verifier = newVerifier();
    const { code } = await codeFor({ code_challenge: challengeOf(verifier) });
    const exchanges = await Promise.all(Array.from({ length: 8 }, () => token({ grant_type: 'authorization_code', code, code_verifier: verifier, ...CLI })));
    expect(exchanges.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    const { body } = await tokensFor();
    const refreshes = await Promise.all(Array.from({ length: 8 }, () => refresh(body.refresh_token)));
    expect(refreshes.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  it('a replayed code ends what it gave', async () => {
    const verifier = newVerifier();
    const { code } = await codeFor({ code_challenge: challengeOf(verifier) });
    const exchange = () => token({ grant_type: 'authorization_code', code, code_verifier: verifier, ...CLI });
    const first = await exchange();
    expect(await exchange()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await refresh(first.body.refresh_token)).status).toBe(400);
  });

  it('refuses a wrong verifier, another client, another redirect URI, and no PKCE', async () => {
    const verifier = newVerifier();
    const ask = { code_challenge: challengeOf(verifier) };
    expect(await token({ grant_type: 'authorization_code', code: (await codeFor(ask)).code, code_verifier: newVerifier(), ...CLI })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await token({ grant_type: 'authorization_code', code: (await codeFor(ask)).code, ...CLI })).status).toBe(400);
    const elsewhere = { ...CLI, redirect_uri: 'http://localhost:8765/other' };
    expect((await token({ grant_type: 'authorization_code', code: (await codeFor(ask)).code, code_verifier: verifier, ...elsewhere })).status).toBe(400);
    const withoutPkce = await createBrowser().open(authorizeUrl({}));
    expect(withoutPkce.leftTo?.searchParams.get('error')).toBe('invalid_request');
    const plain = await createBrowser().open(authorizeUrl({ code_challenge: verifier, code_challenge_method: 'plain' }));
    expect(plain.leftTo?.searchParams.get('error')).toBe('invalid_request');
  });

  it.each(['http://localhost:8765/other', 'http://evil.example.com/callback', 'http://localhost:8765/callback/../x', 'http://localhost.evil.example.com:8765/callback', 'javascript:alert(1)'])(
    'never sends anybody to %s',
    async (redirect_uri) => {
      const page = await createBrowser().open(authorizeUrl({ redirect_uri, code_challenge: challengeOf(newVerifier()) }));
      expect(page).toMatchObject({ status: 400, leftTo: null });
      expect(page.html).toContain('This did not work');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    },
  );

  it('pages are safe: no script, no frame, no foreign form, nothing of the request unescaped', async () => {
    const page = await createBrowser().open(authorizeUrl({ code_challenge: challengeOf(newVerifier()), login_hint: '"><script>alert(1)</script>', scope: `openid ${OLDER_SCOPES}` }));
    expect(page.status).toBe(200);
    expect(page.html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/localhost:8765; base-uri 'none'; frame-ancestors 'none'$/);
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  it('a form from elsewhere, or in another browser, does nothing', async () => {
    const browser = createBrowser();
    const page = await browser.open(authorizeUrl({ code_challenge: challengeOf(newVerifier()) }));
    const body = new URLSearchParams({ step: 'sign_in', email: user.email, password: PASSWORD });
    const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const post = (headers: Record<string, string>) => fetch(page.url, { method: 'POST', body, headers, redirect: 'manual' });
    expect((await post({ cookie, origin: 'https://evil.example.com' })).status).toBe(403);
    expect((await post({ cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post({ origin: api.url })).status).toBe(400);
    expect((await post({ cookie, origin: api.url })).status).toBe(303);
  });

  it('a wrong password says as much as an unknown e-mail; attempts end', async () => {
    const { body } = await api.operator('POST', '/accounts/users', { email: `${randomUUID()}@example.com` });
    const victim = { email: String(body['email']), password: String(body['password']) };
    const browser = createBrowser();
    const page = await browser.open(authorizeUrl({ code_challenge: challengeOf(newVerifier()) }));
    const unknown = await signIn(browser, page, 'x', 'nobody@example.com');
    const wrong = await signIn(browser, page, 'x', victim.email);
    expect([unknown.status, wrong.status]).toEqual([401, 401]);
    expect(wrong.html.replace(victim.email, '')).toBe(unknown.html.replace('nobody@example.com', ''));
    for (const odd of ["' OR 1=1 --", '\0', 'ａnn@example.com', 'x'.repeat(5_000)]) expect((await signIn(browser, page, 'x', odd)).status).toBe(401);
    const attempts = await Promise.all(Array.from({ length: 12 }, () => signIn(browser, page, 'x', victim.email)));
    expect(attempts.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect((await signIn(browser, page, victim.password, victim.email)).status).toBe(429);
  });

  it('asks before it allows, and takes no for an answer', async () => {
    const browser = createBrowser();
    const page = await browser.open(authorizeUrl({ code_challenge: challengeOf(newVerifier()) }));
    const consent = await signIn(browser, page);
    expect(consent.html).toContain('Allow MeshAgent CLI?');
    expect(consent.html).toContain(user.email);
    expect((await browser.press(consent, 'cancel')).leftTo!.searchParams.get('error')).toBe('access_denied');
  });

  it('prompt=select_account shows who is signed in, and lets another in, without JavaScript', async () => {
    const other = { email: `${randomUUID()}@example.com`, password: 'another password' };
    const { body } = await api.operator('POST', '/accounts/users', other);
    const { browser } = await codeFor({ code_challenge: challengeOf(newVerifier()) });
    const verifier = newVerifier();
    const select = { prompt: 'select_account', code_challenge: challengeOf(verifier) };
    const choice = await browser.open(authorizeUrl(select));
    expect(choice.html).toContain(`Continue as ${user.email}`);
    const same = await browser.press(await browser.press(choice, 'continue'), 'allow');
    const own = await token({ grant_type: 'authorization_code', code: same.leftTo!.searchParams.get('code')!, code_verifier: verifier, ...CLI });
    expect((await me(own.body.access_token)).body['id']).toBe(user.id);

    const form = await browser.press(await browser.open(authorizeUrl(select)), 'other_account');
    const allowed = await browser.press(await signIn(browser, form, other.password, other.email), 'allow');
    const theirs = await token({ grant_type: 'authorization_code', code: allowed.leftTo!.searchParams.get('code')!, code_verifier: verifier, ...CLI });
    expect((await me(theirs.body.access_token)).body['id']).toBe(body['id']);
    expect((await createBrowser().open(authorizeUrl(select))).html).toContain('name="password"');
  });

  it('signing out ends the session of the browser, not the programs that were allowed', async () => {
    const browser = createBrowser();
    const { body } = await tokensFor({}, browser);
    const question = await browser.open(`${api.url}/oauth/sign-out`);
    expect(question.html).toContain('Sign out?');
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(question.html)![1]!;
    const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const confirm = (fields: Record<string, string>) => fetch(`${api.url}/oauth/sign-out/confirm`, { method: 'POST', headers: { cookie }, body: new URLSearchParams(fields), redirect: 'manual' });
    expect((await confirm({ xsrf: 'x', logout: 'yes' })).status).toBe(400);
    expect((await confirm({ xsrf, logout: 'yes' })).status).toBe(303);
    expect((await browser.open(authorizeUrl({ code_challenge: challengeOf(newVerifier()) }))).html).toContain('name="password"');
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('the page of signing out comes when its form will be taken, not before', async () => {
    const browser = createBrowser();
    await tokensFor({}, browser);
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE accounts.oauth_artifacts IN EXCLUSIVE MODE');
    let isThere = false;
    const page = browser.open(`${api.url}/oauth/sign-out`).finally(() => (isThere = true));
    const waitsForUs = async () => (await client.query("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'accounts.oauth_artifacts'::regclass")).rowCount === 1;
    while (!isThere && !(await waitsForUs()));
    const wasThere = isThere;
    await client.query('COMMIT');
    await client.end();
    expect(wasThere).toBe(false);
    expect((await page).html).toContain('Sign out?');
  });

  it('what the database holds lets nobody in', async () => {
    const { body } = await tokensFor();
    const database = openDatabase(api.config.DATABASE_URL);
    const held = JSON.stringify([await database.oAuthArtifact.findMany(), await database.oAuthSigningKey.findMany(), await database.signInAttempt.findMany()]);
    await database.$disconnect();
    for (const secret of [body.refresh_token, body.access_token, '"d":', 'PRIVATE KEY', user.email]) expect(held).not.toContain(secret);
  });

  it('scopes: unknown ones are dropped, known ones granted, and they limit', async () => {
    const narrow = await tokensFor({ scope: 'profile:read made:up llm:invoke' });
    expect(narrow.body.scope.split(' ').sort()).toEqual(['llm:invoke', 'profile:read']);
    const ask = api.as(narrow.body.access_token);
    expect((await ask('GET', '/accounts/profiles/me')).status).toBe(200);
    expect(await ask('GET', '/accounts/projects')).toMatchObject({ status: 403, body: { error: { message: 'The access token lacks the scope projects:read.' } } });
    const wide = await tokensFor({ scope: `openid email ${OLDER_SCOPES}` });
    const claims = JSON.parse(Buffer.from(wide.body.id_token!.split('.')[1]!, 'base64url').toString());
    expect(claims).toMatchObject({ sub: user.id, aud: CLI.client_id, iss: 'http://localhost:8080' });
  });

  it('a user has projects, and what is others’ does not exist for them', async () => {
    const { body } = await tokensFor();
    const ann = api.as(body.access_token);
    const foreign = await api.newProject();
    const created = await ann('POST', '/accounts/projects', { name: 'Of Ann' });
    expect(created).toMatchObject({ status: 200, body: { owner_user_id: user.id } });
    const id: string = created.body['id']!;
    expect((await ann('GET', '/accounts/projects')).body['projects']).toMatchObject([{ id }]);
    expect((await ann('GET', `/accounts/projects/${id}/role`)).body).toMatchObject({ role: 'admin', can_use_llm_proxy: true });
    expect((await ann('GET', foreign.path)).status).toBe(404);
    expect((await api.service('GET', `/internal/projects/${id}/policy`)).body['llmProxyUserIds']).toEqual([user.id]);
    expect((await ann('POST', '/accounts/users', { email: 'x@example.com' })).status).toBe(403);
  });

  it('revocation and introspection', async () => {
    const { body } = await tokensFor();
    const post = (path: string, fields: Record<string, string>) => fetch(`${api.url}${path}`, { method: 'POST', body: new URLSearchParams({ client_id: CLI.client_id, ...fields }) });
    expect(await (await post('/oauth/introspect', { token: body.refresh_token })).json()).toMatchObject({ active: true, client_id: CLI.client_id, sub: user.id });
    expect((await post('/oauth/revoke', { token: body.refresh_token })).status).toBe(200);
    expect(await (await post('/oauth/introspect', { token: body.refresh_token })).json()).toEqual({ active: false });
    expect((await refresh(body.refresh_token)).status).toBe(400);
  });

  it('a new password ends every session of the user', async () => {
    const { body } = await tokensFor();
    expect((await api.operator('PUT', `/accounts/users/${user.id}/password`, { password: PASSWORD })).status).toBe(200);
    expect((await refresh(body.refresh_token)).status).toBe(400);
  });

  it('access tokens that are not ours open nothing', async () => {
    const { body } = await tokensFor({ scope: `openid ${OLDER_SCOPES}` });
    const [header, payload, signature] = body.access_token.split('.') as [string, string, string];
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const jwks = JSON.stringify((await api.anonymous('GET', '/oauth/jwks')).body);
    const hs = `${part({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'HS256' })}.${payload}`;
    const wrong = {
      'tampered': `${header}.${part({ ...claims, sub: randomUUID() })}.${signature}`,
      'none': `${part({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      'HS256 with what is public': `${hs}.${createHmac('sha256', jwks).update(hs).digest('base64url')}`,
      'ID token': body.id_token!,
      'refresh token': body.refresh_token,
    };
    for (const [what, credential] of Object.entries(wrong)) expect({ what, status: (await me(credential)).status }).toEqual({ what, status: 401 });
    expect((await me(body.access_token)).status).toBe(200);
  });

  it('replicas share keys, sessions and grants', async () => {
    const replica = await runOn({ ...api.config, PORT: 0 });
    const { body } = await tokensFor();
    expect((await replica.as(body.access_token)('GET', '/accounts/profiles/me')).status).toBe(200);
    expect(await replica.anonymous('POST', '/oauth/token', { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: CLI.client_id })).toMatchObject({ status: 200 });
    await replica.close();
  });
});

describe('clients of a project', () => {
  let api: RunningAccountsApi;
  let admin: Ask;
  let path: string;
  let projectId: string;

  beforeAll(async () => {
    api = await runAccountsApi({ PUBLIC_URL: 'http://localhost:8080' });
    const project = await api.newProject();
    [admin, path, projectId] = [project.admin, `${project.path}/oauth/clients`, project.id];
  });
  afterAll(() => api.close());

  const machine = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [], scope: 'llm_proxy', metadata: { name: 'Nightly job' }, official: true };

  it('are made, read, changed and deleted; the secret is told once', async () => {
    const created = await admin('POST', path, { client: machine });
    expect(created).toMatchObject({ status: 200, body: { ...machine, official: false, project_id: projectId, client_secret: expect.stringMatching(/^[\w-]{43}$/) } });
    const id: string = created.body['client_id']!;
    const shown = { ...created.body, client_secret: '' };
    expect((await admin('GET', `${path}/${id}`)).body).toEqual(shown);
    expect((await admin('GET', `${path}?count=10&offset=0&filter=Nightly`)).body).toEqual({ clients: [shown], total: 1, continuation_token: null });
    expect((await admin('PUT', `${path}/${id}`, { metadata: { name: 'Daily job' } })).body).toEqual({ ok: true });
    expect((await admin('GET', `${path}/${id}`)).body['metadata']).toEqual({ name: 'Daily job' });
    expect((await admin('DELETE', `${path}/${id}`)).status).toBe(204);
    for (const method of ['GET', 'PUT', 'DELETE']) expect((await admin(method, `${path}/${id}`, {})).status).toBe(404);
    expect((await admin('GET', `${path}/p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc`)).status).toBe(404);
  });

  it('get tokens for themselves, by secret in the body or in a Basic header', async () => {
    const { body } = await admin('POST', path, machine);
    const [id, secret] = [String(body['client_id']), String(body['client_secret'])];
    const ask = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${api.url}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'llm_proxy admin', ...fields }) });
    const inBody = await ask({ client_id: id, client_secret: secret });
    expect(await inBody.json()).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'llm_proxy' });
    expect((await ask({}, { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` })).status).toBe(200);
    expect((await ask({ client_id: id, client_secret: `${secret}x` })).status).toBe(401);
    expect((await ask({ client_id: id })).status).toBe(401);
    expect((await api.service('GET', `/internal/projects/${projectId}/policy`)).body['llmProxyClientIds']).toContain(id);
  });

  it.each([
    ['no redirect URI', { grant_types: ['authorization_code'], redirect_uris: [] }],
    ['a fragment', { redirect_uris: ['https://app.example.com/#x'] }],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }],
    ['a wildcard', { redirect_uris: ['https://*.example.com/'] }],
    ['no address', { redirect_uris: ['callback'] }],
    ['an unknown grant', { grant_types: ['password'] }],
    ['a public machine', { grant_types: ['client_credentials'], metadata: { token_endpoint_auth_method: 'none' } }],
  ])('refuses %s', async (_, client) => {
    expect(await admin('POST', path, client)).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
  });

  it.each([
    ['web', 'https://app.example.com/mauth/callback'],
    ['mobile', 'powerboards:/mauth/callback'],
    ['command line', 'http://127.0.0.1:9000/callback'],
  ])('a public %s client can be sent to its page', async (_, redirect_uri) => {
    const { body } = await admin('POST', path, { redirect_uris: [redirect_uri], metadata: { name: 'App', token_endpoint_auth_method: 'none' } });
    expect(body['client_secret']).toBe('');
    const query = new URLSearchParams({ response_type: 'code', client_id: String(body['client_id']), redirect_uri, scope: 'profile', code_challenge: challengeOf(newVerifier()), prompt: 'select_account' });
    const page = await createBrowser().open(`${api.url}/oauth/authorize?${query}`);
    expect(page.html).toContain('App');
    expect(page.status).toBe(200);
  });
});
