import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { api, bill, expectBill, operator } from './bill.js';
import { CLI, firstUser, type Person, postTo, signIn, signInAsClient, tokensIn } from './sign-in.js';
import { type System, startSystem } from './system.js';

describe('a person with the command line client', () => {
  let system: System;
  let admin: Person;

  beforeAll(async () => {
    system = await startSystem();
    admin = await firstUser(system);
  });
  afterAll(() => system?.dispose());

  const chat = (credential: string, headers: Record<string, string>) =>
    new OpenAI({ baseURL: `${system.baseUrl}/openai/v1`, apiKey: credential, maxRetries: 0 }).chat.completions.create({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] }, { headers });
  const inProject = (journey: string, projectId = system.projectId) => ({
    'meshagent-project-id': projectId,
    'x-meshagent-annotation-journey': journey,
    'x-simulator': JSON.stringify({ usage: { prompt_tokens: 10, completion_tokens: 1 } }),
  });

  it('signs in, sees the project, calls a model, and the bill names them', async () => {
    const { access_token: token, expires_in } = await signIn(system, admin);
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
    const first = await signIn(system, admin);
    const refresh = { grant_type: 'refresh_token', client_id: CLI.client_id };
    const second = await tokensIn(await postTo(system, '/oauth/token', new URLSearchParams({ ...refresh, refresh_token: first.refresh_token })));
    const third = await tokensIn(await postTo(system, '/oauth/token', { ...refresh, refresh_token: second.refresh_token }));
    expect((await chat(third.access_token, inProject('refreshed'))).choices).toHaveLength(1);
    expect((await postTo(system, '/oauth/token', { ...refresh, refresh_token: first.refresh_token })).status).toBe(400);
    expect((await postTo(system, '/oauth/token', { ...refresh, refresh_token: third.refresh_token })).status).toBe(400);
  });

  it('is told what is missing: the project, the scope, the permission', async () => {
    const [full, narrow] = await Promise.all([signIn(system, admin), signIn(system, admin, 'profile')]);
    await expect(chat(full.access_token, {})).rejects.toMatchObject({ status: 400, message: expect.stringContaining('Meshagent-Project-Id') });
    await expect(chat(narrow.access_token, inProject('scope'))).rejects.toMatchObject({ status: 403, message: expect.stringContaining('llm_proxy') });
    const stranger = { email: `${randomUUID()}@example.com`, password: 'a password of a stranger' };
    await operator(system, 'POST', '/accounts/users', stranger);
    const theirs = await signIn(system, stranger);
    await expect(chat(theirs.access_token, inProject('stranger'))).rejects.toMatchObject({ status: 403, message: expect.stringContaining('can_use_llm_proxy') });
    await expect(chat(`${full.access_token.slice(0, -8)}AAAAAAAA`, inProject('forged'))).rejects.toMatchObject({ status: 401 });
  });

  it('discovery names the public address, and the internal keys stay inside', async () => {
    const { issuer, token_endpoint } = (await (await fetch(`${system.baseUrl}/.well-known/oauth-authorization-server`)).json()) as Record<string, string>;
    expect([issuer, token_endpoint]).toEqual([`http://localhost:${system.port}`, `http://localhost:${system.port}/oauth/token`]);
    expect((await fetch(`${system.baseUrl}/internal/oauth/keys`)).status).toBe(404);
  });

  it('a program signs in as itself, in its own project only', async () => {
    const client = await operator(system, 'POST', `/accounts/projects/${system.projectId}/oauth/clients`, { grant_types: ['client_credentials'], scope: 'llm_proxy', metadata: { name: 'Nightly job' } });
    const credentials = { client_id: client['client_id']!, client_secret: client['client_secret']! };
    const { access_token } = await signInAsClient(system, credentials);
    expect((await chat(access_token, inProject('program'))).choices).toHaveLength(1);
    const other = await operator(system, 'POST', '/accounts/projects', { name: 'Other' });
    await expect(chat(access_token, inProject('program', other['id']!))).rejects.toMatchObject({ status: 403 });
    await expectBill(system, { annotations: JSON.stringify({ journey: 'program' }), usage_type: 'llm_proxy_surcharge' }, ['gpt-4.1 llm_proxy_surcharge 1 1400']);
  });
});
