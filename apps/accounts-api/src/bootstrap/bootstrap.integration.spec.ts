import { engines } from '@llm-proxy/testing';
import { configFor, runOn } from '../running-accounts-api.suite.js';
import { openDatabase } from '../database/database.js';
import { isPassword } from '../sign-in/password.js';
import { bootstrap, issueApiKey } from './bootstrap.js';

describe('bootstrap', () => {
  const fresh = async () => {
    const database = await engines.postgresDatabase('bootstrap');
    const config = configFor(database.url);
    return { database, config, options: { config, projectName: 'My Company', roomName: 'my-room', userEmail: 'Owner@Example.com' } };
  };

  it('makes what a first start needs, once, and shows the key once', async () => {
    const { database, config, options } = await fresh();
    const first = await bootstrap(options);
    expect(first).toEqual({ userId: expect.any(String), projectId: expect.any(String), room: 'my-room', apiKey: expect.stringMatching(/^ma-/), created: true });
    const { apiKey, ...same } = first;
    expect(await bootstrap({ ...options, projectName: 'Other', roomName: 'other' })).toEqual({ ...same, created: false });

    const api = await runOn(config);
    const admin = api.as(apiKey!);
    expect((await admin('GET', `/accounts/projects/${first.projectId}`)).body).toMatchObject({ name: 'My Company', project_key: 'my-company', owner_user_id: first.userId });
    expect((await admin('GET', `/accounts/projects/${first.projectId}/rooms`)).body).toMatchObject({ total: 1, rooms: [{ name: 'my-room', enabled: true }] });
    expect((await admin('GET', `/accounts/projects/${first.projectId}/api-keys`)).body).toMatchObject({ total: 1 });
    expect((await api.operator('GET', '/accounts/projects')).body['projects']).toHaveLength(1);

    const another = await issueApiKey({ config, projectId: first.projectId, name: 'second' });
    expect((await api.as(another)('GET', `/accounts/projects/${first.projectId}`)).status).toBe(200);
    await api.close();
    await database.drop();
  });

  it('gives the first user a password when they have none, and never another', async () => {
    const { database, config, options } = await fresh();
    const { userId } = await bootstrap(options);
    await bootstrap({ ...options, userPassword: 'the first password' });
    await bootstrap({ ...options, userPassword: 'a later password' });
    const accounts = openDatabase(config.DATABASE_URL);
    const { passwordHash } = await accounts.user.findUniqueOrThrow({ where: { id: userId } });
    expect(await isPassword('the first password', passwordHash)).toBe(true);
    await accounts.$disconnect();
    await database.drop();
  });

  it('started several times at once still makes one of each', async () => {
    const { database, options } = await fresh();
    const results = await Promise.all(Array.from({ length: 4 }, () => bootstrap(options)));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(results.filter(({ apiKey }) => apiKey !== undefined)).toHaveLength(1);
    expect(new Set(results.map(({ projectId }) => projectId)).size).toBe(1);
    await database.drop();
  });

  it('refuses a room name that could never be called, and leaves nothing behind', async () => {
    const { database, options } = await fresh();
    await expect(bootstrap({ ...options, roomName: 'My Room' })).rejects.toThrow('My Room');
    expect((await bootstrap(options)).created).toBe(true);
    await database.drop();
  });
});
