import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Browser, createBrowser } from '@llm-proxy/testing';
import OpenAI from 'openai';
import { api, bill, expectBill } from './bill.js';
import { type System, startSystem } from './system.js';

const CLI = { client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', redirect_uri: 'http://localhost:8765/callback' };
/** As the client of the older release asks. */
const SCOPE = 'profile project/* room/* create_users create_rooms llm_proxy admin developer connect_room delete_room update_room';

interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

interface Person {
  email: string;
  password: string;
}

describe('a person with the command line client', () => {
  let system: System;
  let admin: Person;

  beforeAll(async () => {
    system = await startSystem();
    const { ADMIN_EMAIL, ADMIN_PASSWORD } = await system.variables('operator.env');
    admin = { email: ADMIN_EMAIL!, password: ADMIN_PASSWORD! };
  });
  afterAll(() => system?.dispose());

  const post = (path: string, body: URLSearchParams | object) =>
    fetch(`${system.baseUrl}${path}`, {
      method: 'POST',
      headers: { accept: 'application/json', ...(body instanceof URLSearchParams ? {} : { 'content-type': 'application/json' }) },
      body: body instanceof URLSearchParams ? body : JSON.stringify(body),
    });
  const asTokens = async (response: Response): Promise<Tokens> => {
    expect(response.status).toBe(200);
    return (await response.json()) as Tokens;
  };

  /** What `meshagent auth login` does, with a browser that is driven. */
  const signIn = async (person: Person, scope = SCOPE, browser: Browser = createBrowser()): Promise<Tokens> => {
    const [verifier, state] = [randomBytes(32).toString('base64url'), randomBytes(16).toString('base64url')];
    const query = new URLSearchParams({ response_type: 'code', ...CLI, scope, state, code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' });
    const page = await browser.open(`${system.baseUrl}/oauth/authorize?${query}`);
    const consent = await browser.press(page, 'sign_in', { ...person });
    const { leftTo } = await browser.press(consent, 'allow');
    expect(leftTo!.origin + leftTo!.pathname).toBe(CLI.redirect_uri);
    expect(leftTo!.searchParams.get('state')).toBe(state);
    return asTokens(await post('/oauth/token', new URLSearchParams({ grant_type: 'authorization_code', code: leftTo!.searchParams.get('code')!, ...CLI, code_verifier: verifier })));
  };
  const chat = (credential: string, headers: Record<string, string>) =>
    new OpenAI({ baseURL: `${system.baseUrl}/openai/v1`, apiKey: credential, maxRetries: 0 }).chat.completions.create({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] }, { headers });
  const inProject = (journey: string, projectId = system.projectId) => ({
    'meshagent-project-id': projectId,
    'x-meshagent-annotation-journey': journey,
    'x-simulator': JSON.stringify({ usage: { prompt_tokens: 10, completion_tokens: 1 } }),
  });
  const operator = async (method: string, path: string, body: object) => api<Record<string, string>>(system, method, path, body, (await system.variables('operator.env'))['OPERATOR_TOKEN']);

  it('signs in, sees the project, calls a model, and the bill names them', async () => {
    const { access_token: token, expires_in } = await signIn(admin);
    expect(expires_in).toBe(3600);
    const me = await api<{ id: string; email: string }>(system, 'GET', '/accounts/profiles/me', undefined, token);
    expect(me.email).toBe(admin.email);
    const { projects } = await api<{ projects: { id: string }[] }>(system, 'GET', '/accounts/projects', undefined, token);
    expect(projects.map(({ id }) => id)).toEqual([system.projectId]);

    expect((await chat(token, inProject('oauth'))).choices[0]!.message.content).toContain('simulated');
    const journey = { annotations: JSON.stringify({ journey: 'oauth' }) };
    const lines = ['gpt-4.1 input_tokens 10 20000', 'gpt-4.1 output_tokens 1 8000', 'gpt-4.1 llm_proxy_surcharge 1 1400'];
    await expectBill(system, { ...journey, users: me.id }, lines);
    expect(await bill(system, { ...journey, users: randomUUID() })).toEqual([]);
    const own = await api<{ usage: unknown[] }>(system, 'GET', `/accounts/projects/${system.projectId}/llm-proxy/usage?${new URLSearchParams(journey)}`, undefined, token);
    expect(own.usage).toHaveLength(lines.length);
  });

  it('refreshes, by form and by JSON; an old refresh token ends the family', async () => {
    const first = await signIn(admin);
    const refresh = { grant_type: 'refresh_token', client_id: CLI.client_id };
    const second = await asTokens(await post('/oauth/token', new URLSearchParams({ ...refresh, refresh_token: first.refresh_token })));
    const third = await asTokens(await post('/oauth/token', { ...refresh, refresh_token: second.refresh_token }));
    expect((await chat(third.access_token, inProject('refreshed'))).choices).toHaveLength(1);
    expect((await post('/oauth/token', { ...refresh, refresh_token: first.refresh_token })).status).toBe(400);
    expect((await post('/oauth/token', { ...refresh, refresh_token: third.refresh_token })).status).toBe(400);
  });

  it('is told what is missing: the project, the scope, the permission', async () => {
    const [full, narrow] = await Promise.all([signIn(admin), signIn(admin, 'profile')]);
    await expect(chat(full.access_token, {})).rejects.toMatchObject({ status: 400, message: expect.stringContaining('Meshagent-Project-Id') });
    await expect(chat(narrow.access_token, inProject('scope'))).rejects.toMatchObject({ status: 403, message: expect.stringContaining('llm_proxy') });
    const stranger = { email: `${randomUUID()}@example.com`, password: 'a password of a stranger' };
    await operator('POST', '/accounts/users', stranger);
    const theirs = await signIn(stranger);
    await expect(chat(theirs.access_token, inProject('stranger'))).rejects.toMatchObject({ status: 403, message: expect.stringContaining('can_use_llm_proxy') });
    await expect(chat(`${full.access_token.slice(0, -8)}AAAAAAAA`, inProject('forged'))).rejects.toMatchObject({ status: 401 });
  });

  it('discovery names the public address, and the internal keys stay inside', async () => {
    const { issuer, token_endpoint } = (await (await fetch(`${system.baseUrl}/.well-known/oauth-authorization-server`)).json()) as Record<string, string>;
    expect([issuer, token_endpoint]).toEqual([`http://localhost:${system.port}`, `http://localhost:${system.port}/oauth/token`]);
    expect((await fetch(`${system.baseUrl}/internal/oauth/keys`)).status).toBe(404);
  });

  it('a program signs in as itself, in its own project only', async () => {
    const client = await operator('POST', `/accounts/projects/${system.projectId}/oauth/clients`, { grant_types: ['client_credentials'], scope: 'llm_proxy', metadata: { name: 'Nightly job' } });
    const credentials = { client_id: client['client_id']!, client_secret: client['client_secret']! };
    const { access_token } = await asTokens(await post('/oauth/token', new URLSearchParams({ grant_type: 'client_credentials', scope: 'llm_proxy', ...credentials })));
    expect((await chat(access_token, inProject('program'))).choices).toHaveLength(1);
    const other = await operator('POST', '/accounts/projects', { name: 'Other' });
    await expect(chat(access_token, inProject('program', other['id']!))).rejects.toMatchObject({ status: 403 });
    await expectBill(system, { annotations: JSON.stringify({ journey: 'program' }), usage_type: 'llm_proxy_surcharge' }, ['gpt-4.1 llm_proxy_surcharge 1 1400']);
  });
});
