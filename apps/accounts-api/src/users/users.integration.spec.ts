import { randomUUID } from 'node:crypto';
import { runAccountsApi, type RunningAccountsApi } from '../running-accounts-api.suite.js';

describe('users', () => {
  let api: RunningAccountsApi;

  beforeAll(async () => {
    api = await runAccountsApi();
  });
  afterAll(() => api.close());

  const address = () => `${randomUUID()}@example.com`;

  it('are made by the operator, with a password of theirs or a new one that is told once', async () => {
    const email = address();
    const made = await api.operator('POST', '/accounts/users', { email: ` ${email.toUpperCase()}`, first_name: 'Ann', last_name: null });
    expect(made).toMatchObject({ status: 200, body: { id: expect.any(String), email, first_name: 'Ann', last_name: null, password: expect.stringMatching(/^[\w-]{20}$/) } });
    const chosen = await api.operator('POST', '/accounts/users', { email: address(), password: 'chosen by the operator' });
    expect(chosen.body).not.toHaveProperty('password');
    expect(JSON.stringify(chosen.body)).not.toMatch(/argon2|hash/i);
  });

  it('have one account an e-mail, also when many ask at once', async () => {
    const email = address();
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.operator('POST', '/accounts/users', { email })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });

  it.each(['', 'ann', 'ann@', '@example.com', 'аnn@example.com', 'ann@exаmple.com', 'ａnn@example.com', 'ann@example.com\r\nBcc: x@y', 'a b@example.com', `${'x'.repeat(300)}@example.com`])(
    'cannot be called %j',
    async (email) => {
      expect((await api.operator('POST', '/accounts/users', { email })).status).toBe(400);
    },
  );

  it('need a password that is not short', async () => {
    expect((await api.operator('POST', '/accounts/users', { email: address(), password: 'short' })).status).toBe(400);
    const { body } = await api.operator('POST', '/accounts/users', { email: address() });
    expect((await api.operator('PUT', `/accounts/users/${body['id']}/password`, { password: 'short' })).status).toBe(400);
    expect((await api.operator('PUT', `/accounts/users/${randomUUID()}/password`, { password: 'long enough for all' })).status).toBe(404);
  });

  it('have profiles that the operator sees and changes, and strangers do not', async () => {
    const { body } = await api.operator('POST', '/accounts/users', { email: address(), first_name: 'Ann' });
    const path = `/accounts/profiles/${body['id']}`;
    expect((await api.operator('PUT', path, { first_name: 'Anna', last_name: 'Berg' })).body).toEqual({ ok: true });
    expect((await api.operator('GET', path)).body).toEqual({ id: body['id'], first_name: 'Anna', last_name: 'Berg', email: body['email'] });
    const { admin } = await api.newProject();
    expect((await admin('GET', path)).status).toBe(404);
    expect((await admin('PUT', path, { first_name: 'x' })).status).toBe(403);
    for (const nobody of [randomUUID(), 'x', "' OR 1=1"]) expect((await api.operator('GET', `/accounts/profiles/${encodeURIComponent(nobody)}`)).status).toBe(404);
  });

  it('whoami knows service accounts from people', async () => {
    const { admin, id } = await api.newProject();
    expect((await admin('GET', '/accounts/whoami')).body).toMatchObject({ type: 'service_account', email: expect.stringContaining('default@service.'), service_account: { project_id: id, name: 'default' } });
    expect((await api.operator('GET', '/accounts/whoami')).body).toMatchObject({ type: 'user', id: 'operator' });
  });
});
