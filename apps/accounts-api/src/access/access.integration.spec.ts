import { randomUUID } from 'node:crypto';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { InternalClient } from '@llm-proxy/platform-http';
import { createLogger } from '@llm-proxy/platform-logging';
import { agentDefaultApiScope, expandRoles, formatApiKey, mintParticipantToken, newApiKeySecret, parseApiKey } from '@llm-proxy/shared-auth';
import { createApp } from '../accounts-api.js';
import { openDatabase } from '../database/database.js';
import { type Ask, configFor, runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';
import { routeKeyOf } from './access.guard.js';
import { newUser, signIn, type TestUser } from './signed-in-user.suite.js';
import { hasRoleFor, mayDo, type Permission, permissions, type Role, routePermissions, type Standing } from './permissions.js';

interface Route {
  method: string;
  path: string;
  key: string;
  needs: Permission | 'public' | 'service' | undefined;
}

const routesOf = (app: NestExpressApplication): Route[] => {
  const { stack } = app.getHttpAdapter().getInstance().router as { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
  return stack.flatMap(({ route }) =>
    Object.keys(route?.methods ?? {}).map((name) => {
      const method = name.toUpperCase();
      const key = routeKeyOf(method, route!.path);
      return { method, path: route!.path.replaceAll('\\:', ':'), key, needs: routePermissions[key] };
    }),
  );
};

/** The routes that the running code serves, not those that a list says it does. */
const servedRoutes = async (): Promise<Route[]> => {
  const config = configFor('postgres://nobody@127.0.0.1:1/none');
  const parts = { config, logger: createLogger('accounts-api', 'silent'), database: openDatabase(config.DATABASE_URL), billing: new InternalClient({ baseUrl: config.BILLING_URL, serviceCredential: '' }) };
  const app = await createApp(parts);
  await app.init();
  const routes = routesOf(app);
  await app.close();
  return routes;
};

const at = (route: Route, projectId: string, ids: Record<string, string> = {}): string =>
  route.path
    .replace(':projectId', projectId)
    .replace(':id', projectId)
    .replace(/(?<=\/):([a-zA-Z]+)/g, (_all, name: string) => ids[name] ?? randomUUID());

/** Parameters of a route beside its project. */
const idsIn = ({ path }: Route): string[] => [...path.matchAll(/(?<=\/):([a-zA-Z]+)/g)].map(([, name]) => name!).filter((name) => name !== 'projectId');

/** One of everything that a project can have, under the names that routes give its id. */
const furnish = async ({ admin, path, id, apiKeyId, apiKey }: TestProject, member: TestUser, operator: Ask) => {
  const made = async (what: string, body: object): Promise<Record<string, string>> => (await admin('POST', `${path}${what}`, body)).body;
  const madeUnder = async (noun: string, what: string, body: object): Promise<Record<string, string>> => (await admin('POST', `${path}${what}`, body)).body[noun]!;
  const name = `n${randomUUID()}`;
  const account = await made('/service-accounts', { name, description: `of ${name}` });
  const key = await made(`/service-accounts/${account['id']}/api-keys`, { name });
  const room = await made('/rooms', { name });
  const client = await made('/oauth/clients', { redirect_uris: [`https://${name}.example.com`], metadata: { name } });
  await admin('POST', `${path}/users`, { user_id: member.id, roles: ['developer'] });
  await admin('POST', `${path}/room-grants`, { room_id: name, user_id: member.id, permissions: { messaging: {} } });
  await admin('PUT', `${path}/settings/openai`, { api_key: `sk-${name}` });
  const feed = await madeUnder('feed', '/feeds', { name, visibility: 'public' });
  const message = await made(`/feeds/${feed['id']}/messages`, { about: name });
  const logger = await madeUnder('logger', '/llm-loggers', { destination_feed_id: feed['id'], filter_expression: `model == '${name}'` });
  await operator('PUT', `${path}/price-adjustments`, { adjustments: [{ percent: '-12.5', provider: 'openai', model: `${name}*` }] });
  return {
    ids: { serviceAccountId: account['id']!, apiKeyId: key['id']!, room: room['id']!, grantId: room['id']!, userId: member.id, memberId: member.id, clientId: client['client_id']!, feedId: feed['id']!, loggerId: logger['id']!, name, document: 'openai', resourceType: 'project', resourceId: id },
    /** What nobody outside may read: names, keys, addresses. */
    words: [name, key['value']!, apiKey, member.email, apiKeyId, message['id']!],
    /** All of it, to see that it stays as it is. */
    look: async () => Promise.all(['', '/users', '/service-accounts', `/service-accounts/${account['id']}/api-keys`, '/api-keys', '/rooms', '/room-grants', '/oauth/clients', '/settings/openai', '/feeds', `/feeds/${feed['id']}/messages`, '/llm-loggers', '/price-adjustments'].map(async (what) => (await admin('GET', `${path}${what}`)).body)),
  };
};

describe('access', () => {
  let api: RunningAccountsApi;
  let own: TestProject;
  let foreign: TestProject;
  let routes: Route[];
  let ofOwn: Awaited<ReturnType<typeof furnish>>;
  let ofForeign: Awaited<ReturnType<typeof furnish>>;

  beforeAll(async () => {
    [api, routes] = await Promise.all([runAccountsApi({ PUBLIC_URL: 'http://localhost:8080' }), servedRoutes()]);
    [own, foreign] = await Promise.all([api.newProject(), api.newProject()]);
    [ofOwn, ofForeign] = [await furnish(own, await newUser(api), api.operator), await furnish(foreign, await newUser(api), api.operator)];
  });
  afterAll(() => api.close());

  const participantOf = (project: TestProject, secret = parseApiKey(project.apiKey)!.secret) =>
    mintParticipantToken(
      { name: 'ann', grants: [{ name: 'room', scope: 'r' }, { name: 'api', scope: agentDefaultApiScope() }], sub: project.id, kid: project.apiKeyId },
      secret,
    );
  const managed = () => routes.filter(({ needs }) => needs !== 'public' && needs !== 'service');
  const ofProjects = () => managed().filter(({ path }) => path.includes(':projectId'));

  it('the table names what every route needs, and no route that is not there', () => {
    expect(routes.map(({ key }) => key).sort()).toEqual(Object.keys(routePermissions).sort());
    expect(routes.length).toBeGreaterThan(30);
  });

  it('no credential: 401 everywhere but on public routes', async () => {
    for (const route of routes.filter(({ needs }) => needs !== 'public')) {
      const answer = await api.anonymous(route.method, at(route, own.id, ofOwn.ids));
      expect({ route: route.key, status: answer.status, code: answer.body.error?.code }).toEqual({ route: route.key, status: 401, code: 'unauthenticated' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const route of routes.filter(({ needs }) => needs === 'public')) {
      expect({ route: route.key, status: (await api.anonymous(route.method, route.path, {})).status }).not.toEqual({ route: route.key, status: 401 });
    }
  });

  it("a foreign project's key: 404 on every route of a project, the same as for a project that does not exist", async () => {
    for (const route of ofProjects()) {
      const answer = await foreign.admin(route.method, at(route, own.id, ofOwn.ids), {});
      const nowhere = await foreign.admin(route.method, at(route, randomUUID(), ofOwn.ids), {});
      expect({ route: route.key, status: answer.status }).toEqual({ route: route.key, status: 404 });
      expect(answer.body).toEqual({ error: { code: 'project_not_found', message: 'Project not found.' } });
      expect(nowhere.body).toEqual(answer.body);
    }
    expect((await foreign.admin('GET', `/accounts/projects/by-key/${(await own.admin('GET', own.path)).body['project_key']}`)).status).toBe(404);
    expect((await foreign.admin('GET', '/accounts/projects')).body['projects']).toMatchObject([{ id: foreign.id }]);
  });

  it("a foreign participant's token, and a user who is no member: 404 as well", async () => {
    const stranger = await newUser(api);
    for (const ask of [api.as(participantOf(foreign)), await signIn(api, stranger.email)]) {
      for (const route of ofProjects()) {
        const answer = await ask(route.method, at(route, own.id, ofOwn.ids), {});
        expect({ route: route.key, status: answer.status, body: answer.body }).toEqual({ route: route.key, status: 404, body: { error: { code: 'project_not_found', message: 'Project not found.' } } });
      }
    }
  });

  /** What an admin of `own` gets who puts ids of `foreign` in its own project's paths. */
  const asking = async (ask: Ask, route: Route, ids: Record<string, string>, body: object) => {
    const answer = await ask(route.method, at(route, own.id, ids), route.path.endsWith('/batch') ? [body] : body);
    const text = JSON.stringify(answer.body);
    expect({ route: route.key, leaks: ofForeign.words.filter((word) => text.includes(word)) }).toEqual({ route: route.key, leaks: [] });
    return answer;
  };

  it("a foreign project's things are not there in one's own project, wherever their ids stand, and stay as they are", async () => {
    const before = await ofForeign.look();
    const { serviceAccountId, room, userId, feedId } = ofForeign.ids;
    // Of these some members are what the route takes; the others it ignores.
    const body = { name: 'taken', roles: ['member'], room_id: room, user_id: userId, permissions: {}, overlap_seconds: 0, msid: ofOwn.ids.apiKeyId, subject: { type: 'service_account', id: serviceAccountId } };
    let asked = 0;
    for (const route of ofProjects()) {
      for (const name of idsIn(route).filter((one) => !['document', 'resourceType', 'requestId'].includes(one))) {
        expect(Object.keys(ofForeign.ids)).toContain(name);
        const answer = await asking(own.admin, route, { ...ofOwn.ids, [name]: ofForeign.ids[name as keyof typeof ofForeign.ids]! }, body);
        const isEmptyList = route.path.endsWith('/by-user/:userId') && answer.body['total'] === (0 as never);
        expect({ route: route.key, name, status: answer.status }).toEqual({ route: route.key, name, status: isEmptyList ? 200 : 404 });
        asked += 1;
      }
    }
    expect(asked).toBeGreaterThan(30);
    const at404: [string, object][] = [
      [`/service-accounts/${ofOwn.ids.serviceAccountId}/api-keys:revoke`, { msid: ofForeign.ids.apiKeyId }],
      [`/service-accounts/${ofOwn.ids.serviceAccountId}/api-keys:revoke`, { msid: foreign.apiKey }],
      ['/room-grants', { room_id: room, user_id: ofOwn.ids.userId, permissions: {} }],
      ['/room-grants', { room_id: ofOwn.ids.room, user_id: userId, permissions: {} }],
      ['/rooms', { name: 'with-strangers', permissions: { [userId]: {} } }],
      ['/llm-loggers', { destination_feed_id: feedId, filter_expression: 'model' }],
      [`/iam/project/${own.id}/policy:grant`, { subject: { type: 'service_account', id: serviceAccountId }, roles: ['admin'] }],
      [`/iam/project/${own.id}/policy:revoke`, { subject: { type: 'user', id: userId } }],
    ];
    for (const [path, what] of at404) expect({ path, status: (await own.admin('POST', `${own.path}${path}`, what)).status }).toEqual({ path, status: 404 });
    for (const subject of [{ type: 'service_account', id: serviceAccountId }, { type: 'user', id: userId }]) {
      const about = { subject, resource: { type: 'project', id: own.id }, relation: 'member' };
      expect((await own.admin('POST', `${own.path}/access:test`, about)).body).toMatchObject({ allowed: false });
      expect((await own.admin('POST', `${own.path}/access:effective`, about)).body).toMatchObject({ effective_roles: [] });
      expect((await own.admin('POST', `${own.path}/access:bindings`, about)).body).toEqual({ access_grants: [] });
    }
    expect(await ofForeign.look()).toEqual(before);
  });

  it('an id that cannot be one is not found, or refused, and never a fault of ours', async () => {
    for (const route of ofProjects()) {
      for (const name of idsIn(route)) {
        for (const id of ['%00', '%27%20OR%201=1--', '%F0%9F%92%A9', '%ED%A0%80', '%E0%A4%A', '..%2f..', 'x'.repeat(2_000), 'me', 'null']) {
          const { status } = await own.admin(route.method, at(route, own.id, { ...ofOwn.ids, [name]: id }), { roles: ['member'] });
          const isReportAway = status === 503 && route.path.endsWith('/requests/:requestId');
          expect({ route: route.key, name, id, fault: status >= 500 && !isReportAway }).toEqual({ route: route.key, name, id, fault: false });
        }
      }
    }
  });

  it('methods that a path does not have are nothing to anybody', async () => {
    for (const path of new Set(ofProjects().map((route) => at(route, own.id, ofOwn.ids)))) {
      for (const ask of [api.anonymous, foreign.admin, own.admin]) {
        expect({ path, ...(await ask('PATCH', path, {})) }).toMatchObject({ path, status: 404, body: { error: { code: 'not_found' } } });
      }
    }
  });

  it('an admin whose program was allowed nothing but the profile: 403 on every route of the project', async () => {
    const ann = await newUser(api);
    await own.admin('POST', `${own.path}/users`, { user_id: ann.id, roles: ['admin'] });
    const ask = await signIn(api, ann.email, 'profile:read');
    const beyond = (needs: Route['needs']) => !hasRoleFor({ roles: expandRoles(['admin']), scopes: null }, needs as Permission);
    for (const route of ofProjects()) {
      const answer = await ask(route.method, at(route, own.id, ofOwn.ids), {});
      const message = beyond(route.needs) ? 'This credential may not do that.' : `The access token lacks the scope ${permissions[route.needs as Permission].scope}.`;
      expect({ route: route.key, status: answer.status, body: answer.body }).toEqual({ route: route.key, status: 403, body: { error: { code: 'forbidden', message } } });
    }
  });

  /** An API key of a service account with these roles. */
  const withRoles = async (roles: string[]) => {
    const name = `a${randomUUID().slice(0, 8)}`;
    const account = await own.admin('POST', `${own.path}/service-accounts`, { name });
    const key = await own.admin('POST', `${own.path}/service-accounts/${account.body['id']}/api-keys`, { name: 'k' });
    const subject = { type: 'service_account', id: account.body['id'] };
    await own.admin('POST', `${own.path}/iam/project/${own.id}/policy:revoke`, { subject });
    if (roles.length > 0) await own.admin('POST', `${own.path}/iam/project/${own.id}/policy:grant`, { subject, roles });
    return api.as(key.body['value']!);
  };

  it.each([[[]], [['llm_proxy_user']], [['usage_reporter']], [['developer']], [['room_creator', 'api_key_inventory']], [['admin']]])('roles %j: 403 on what they do not allow, and no more than that', async (roles) => {
    const ask = await withRoles(roles);
    const standing: Standing = { roles: expandRoles(roles), scopes: null };
    // Asked in an order that ends nobody's key or project before its turn.
    for (const route of managed()) {
      const answer = await ask(route.method, at(route, own.id), {});
      expect({ route: route.key, refused: answer.body.error?.code === 'forbidden' }).toEqual({ route: route.key, refused: !mayDo(standing, route.needs as Permission) });
      if (answer.status === 403) expect(answer.body).toEqual({ error: { code: 'forbidden', message: 'This credential may not do that.' } });
      expect({ route: route.key, ok: answer.status < 500 || answer.status === 503 }).toEqual({ route: route.key, ok: true });
    }
  });

  it('a participant: 403 on what it may not do', async () => {
    const participant = api.as(participantOf(own));
    for (const route of managed()) {
      const answer = await participant(route.method, at(route, own.id), {});
      const refused = !mayDo({ roles: new Set<Role>(['participant', 'llm_proxy_user']), scopes: null }, route.needs as Permission);
      expect({ route: route.key, refused: answer.body.error?.code === 'forbidden' }).toEqual({ route: route.key, refused });
    }
  });

  it('what is not a project id is not found, not invalid', async () => {
    for (const id of ['x', '1', 'null', own.id.toUpperCase(), `${own.id}%00`, '%27%20OR%201=1--']) {
      expect({ id, status: (await own.admin('GET', `/accounts/projects/${id}`)).status }).toEqual({ id, status: 404 });
      expect({ id, status: (await api.operator('GET', `/accounts/projects/${id}/rooms`)).status }).toEqual({ id, status: 404 });
    }
  });

  it('internal routes take the service credential and nothing else', async () => {
    for (const route of routes.filter(({ needs }) => needs === 'service')) {
      for (const token of [own.apiKey, participantOf(own), api.config.OPERATOR_TOKEN!, `${api.config.SERVICE_CREDENTIAL}x`]) {
        expect({ route: route.key, status: (await api.as(token)(route.method, at(route, own.id))).status }).toEqual({ route: route.key, status: 401 });
      }
      const served = await api.service(route.method, at(route, own.id));
      expect(served.status).not.toBe(401);
    }
    expect((await api.service('GET', own.path)).status).toBe(401);
  });

  it('credentials that look right and are not: 401', async () => {
    const { keyId, projectId, secret } = parseApiKey(own.apiKey)!;
    const claims = { name: 'ann', grants: [], sub: own.id };
    const wrong = {
      'another secret': formatApiKey({ keyId, projectId, secret: newApiKeySecret() }),
      'key of another project': formatApiKey({ keyId, projectId: foreign.id, secret }),
      'unknown key': formatApiKey({ keyId: randomUUID(), projectId, secret }),
      'token with another secret': participantOf(own, 'wrong'),
      'token of a key in another project': mintParticipantToken({ ...claims, sub: foreign.id, kid: keyId }, secret),
      'token of a key without a project': mintParticipantToken({ name: 'ann', grants: [], kid: keyId }, secret),
      'token of an unknown key': mintParticipantToken({ ...claims, kid: randomUUID() }, secret),
      'token of a key id that is none': mintParticipantToken({ ...claims, kid: "' OR 1=1" }, secret),
      'deployment token for no project': mintParticipantToken({ ...claims, sub: randomUUID() }, api.config.MESHAGENT_SECRET),
      'deployment token, expired': mintParticipantToken(claims, api.config.MESHAGENT_SECRET, { expiresInSeconds: -1 }),
      'API key secret without kid': mintParticipantToken(claims, secret),
      'unsigned': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
      'operator token cut': api.config.OPERATOR_TOKEN!.slice(0, -1),
      'nothing': '',
      'very long': 'x'.repeat(8_000),
    };
    for (const [what, token] of Object.entries(wrong)) {
      expect({ what, status: (await api.as(token)('GET', own.path)).status }).toEqual({ what, status: 401 });
    }
    const right = mintParticipantToken(claims, api.config.MESHAGENT_SECRET);
    expect((await api.as(right)('GET', own.path)).status).toBe(200);
  });

  it('HEAD is as guarded as GET', async () => {
    const head = async (token: string, path: string) => (await fetch(`${api.url}${path}`, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } })).status;
    expect([await head('none', own.path), await head(foreign.apiKey, own.path), await head(own.apiKey, own.path)]).toEqual([401, 404, 200]);
    expect([await head('none', '/INTERNAL/changes'), await head('none', '/internal/changes/')]).toEqual([401, 401]);
  });

  it('many callers at once are not taken for each other', async () => {
    const projects = await Promise.all(Array.from({ length: 8 }, () => api.newProject()));
    const asked = Array.from({ length: 200 }, (_, index) => projects[index % projects.length]!);
    const answers = await Promise.all(asked.map((project) => project.admin('GET', '/accounts/projects')));
    expect(answers.map(({ body }) => (body['projects'] as unknown as { id: string }[]).map(({ id }) => id))).toEqual(asked.map(({ id }) => [id]));
  });
});

describe('two services in one process', () => {
  it('keep their credentials apart', async () => {
    const first = await runAccountsApi({ OPERATOR_TOKEN: 'operator-of-the-first-0123456789-0123456789' });
    const second = await runAccountsApi({ OPERATOR_TOKEN: 'operator-of-the-second-0123456789-012345678' });
    expect((await first.operator('GET', '/accounts/projects')).status).toBe(200);
    expect((await second.as(first.config.OPERATOR_TOKEN!)('GET', '/accounts/projects')).status).toBe(401);
    await second.close();
    expect((await first.operator('GET', '/accounts/projects')).status).toBe(200);
    await first.close();
  });
});
