import { randomBytes } from 'node:crypto';
import { SealError, SecretBox } from '@llm-proxy/shared-auth';
import { type Database, openDatabase } from '../database/database.js';
import { PUBLIC_URL, signIn } from '../oauth/signed-in.suite.js';
import { ROTATE_AFTER_MS, SHOWN_AFTER_MS, SHOWN_BEFORE_MS } from '../oauth/signing-keys.store.js';
import { runAccountsApi, type RunningAccountsApi, runOn } from '../running-accounts-api.suite.js';
import { reseal, SEALED_COLUMNS } from './reseal.js';

const person = { email: 'ann@example.com', password: 'a password of the spec' };
const statusOf = async (api: RunningAccountsApi, credential: string) => (await api.as(credential)('GET', '/accounts/profiles/me')).status;

describe('keys that are replaced', () => {
  let api: RunningAccountsApi;
  let database: Database;

  beforeEach(async () => {
    api = await runAccountsApi({ PUBLIC_URL });
    database = openDatabase(api.config.DATABASE_URL);
    await api.operator('POST', '/accounts/users', person);
  });
  afterEach(async () => {
    await database.$disconnect();
    await api.close();
  });

  it('signing keys: the next one is shown, then signs, and the one before goes when its tokens have ended', async () => {
    const age = (ms: number) => database.$executeRaw`UPDATE accounts.oauth_signing_keys SET created_at = created_at - ${ms} * interval '1 millisecond'`;
    const keyOf = (token: string) => (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
    /** As a replica that starts now sees it; running ones look once a minute. */
    const now = async () => {
      const replica = await runOn({ ...api.config, PORT: 0 });
      const shown = ((await replica.anonymous('GET', '/oauth/jwks')).body['keys'] as unknown as { kid: string }[]).map(({ kid }) => kid);
      const { keys } = (await replica.service('GET', '/internal/oauth/keys')).body as unknown as { keys: { kid: string }[] };
      expect(keys.map(({ kid }) => kid).sort()).toEqual([...shown].sort());
      const { access_token } = await signIn(replica, person);
      return { replica, shown, access_token, signing: keyOf(access_token) };
    };
    const first = await now();
    expect(first.shown).toEqual([first.signing]);

    await age(ROTATE_AFTER_MS);
    const announced = await now();
    expect(announced.signing).toBe(first.signing);
    expect(announced.shown).toHaveLength(2);

    await age(SHOWN_BEFORE_MS);
    const rotated = await now();
    expect(rotated.signing).not.toBe(first.signing);
    expect([...rotated.shown].sort()).toEqual([...announced.shown].sort());
    for (const token of [first.access_token, announced.access_token]) expect(await statusOf(rotated.replica, token)).toBe(200);
    expect(await statusOf(announced.replica, rotated.access_token)).toBe(200);

    await age(SHOWN_AFTER_MS);
    const over = await now();
    expect(over.shown).toEqual([rotated.signing]);
    expect([await statusOf(over.replica, first.access_token), await statusOf(over.replica, rotated.access_token)]).toEqual([401, 200]);
    await Promise.all([first, announced, rotated, over].map(({ replica }) => replica.close()));
  });

  it('KEY_ENCRYPTION_KEY: with the previous one everything goes on; sealed anew, it goes on without', async () => {
    const project = await api.newProject();
    await project.admin('PUT', `${project.path}/settings/openai`, { api_key: 'sk-of-the-project' });
    await project.admin('PUT', `${project.path}/settings/otel`, { endpoint: 'https://otel.example', bearer_token: 'token-of-the-project' });
    const program = await project.admin('POST', `${project.path}/oauth/clients`, { grant_types: ['client_credentials'], scope: 'llm_proxy' });
    const { refresh_token, access_token } = await signIn(api, person);
    const works = async (replica: RunningAccountsApi, refresh: string) => {
      const credentials = { client_id: program.body['client_id'], client_secret: program.body['client_secret'] };
      const token = (body: object) => replica.anonymous('POST', '/oauth/token', body);
      const refreshed = await token({ grant_type: 'refresh_token', refresh_token: refresh, client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc' });
      const statuses = [await statusOf(replica, project.apiKey), await statusOf(replica, access_token), (await token({ grant_type: 'client_credentials', ...credentials })).status, refreshed.status];
      return { statuses, refresh_token: String(refreshed.body['refresh_token']) };
    };
    const [before, after] = [api.config.KEY_ENCRYPTION_KEY, randomBytes(32)];
    const both = await runOn({ ...api.config, PORT: 0, KEY_ENCRYPTION_KEY: after, PREVIOUS_KEY_ENCRYPTION_KEYS: [before] });
    const meanwhile = await works(both, refresh_token);
    expect(meanwhile.statuses).toEqual([200, 200, 200, 200]);

    const box = new SecretBox([after, before]);
    const done = await reseal(database, box);
    expect(done.every(({ resealed, unreadable }) => resealed > 0 && unreadable === 0)).toBe(true);
    expect((await reseal(database, box)).map(({ resealed }) => resealed)).toEqual(SEALED_COLUMNS.map(() => 0));
    await both.close();

    const alone = await runOn({ ...api.config, PORT: 0, KEY_ENCRYPTION_KEY: after });
    expect((await works(alone, meanwhile.refresh_token)).statuses).toEqual([200, 200, 200, 200]);
    const { sealedApiKey } = await database.integration.findFirstOrThrow();
    const { sealedSecrets } = await database.settingsDocument.findFirstOrThrow();
    expect(new SecretBox(after).open(sealedSecrets!, { projectId: project.id, field: 'settings:otel' })).toContain('token-of-the-project');
    expect(new SecretBox(after).open(sealedApiKey, { projectId: project.id, field: 'integration:openai' })).toBe('sk-of-the-project');
    expect(() => new SecretBox(before).open(sealedApiKey, { projectId: project.id, field: 'integration:openai' })).toThrow(SealError);
    await alone.close();
  });

  it('no column with something sealed is forgotten', async () => {
    const columns = await database.$queryRaw`SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = 'accounts' AND column_name LIKE 'sealed%' ORDER BY 1`;
    expect(SEALED_COLUMNS.map(({ table, column }) => ({ table, column })).sort((a, b) => (a.table < b.table ? -1 : 1))).toEqual(columns);
  });

  it('what no configured key opens is counted and left as it is', async () => {
    const projects = await Promise.all(Array.from({ length: 3 }, () => api.newProject()));
    const sealed = () => database.apiKey.findMany({ orderBy: { id: 'asc' }, select: { id: true, sealedSecret: true } });
    const before = await sealed();
    const stranger = new SecretBox(randomBytes(32));
    expect((await reseal(database, stranger)).find(({ what }) => what === 'API keys')).toEqual({ what: 'API keys', resealed: 0, unreadable: projects.length });
    expect(await sealed()).toEqual(before);
  });
});
