import { routePermissions } from '../access/permissions.js';
import { runAccountsApi, type RunningAccountsApi } from '../running-accounts-api.suite.js';
import type { JsonSchema } from './json-schemas.js';
import type { OpenApiDocument } from './openapi-document.js';

describe('description of the API', () => {
  let api: RunningAccountsApi;
  let document: OpenApiDocument;

  beforeAll(async () => {
    api = await runAccountsApi();
    document = (await api.anonymous('GET', '/openapi.json')).body as unknown as OpenApiDocument;
  });
  afterAll(() => api.close());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));

  it('has every route that is for callers, and nothing internal', () => {
    const described = operations().map(({ path, method }) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`);
    const served = Object.entries(routePermissions).filter(([route, needs]) => needs !== 'service' && !/ \/(healthz|readyz)$/.test(route)).map(([route]) => route);
    expect(described.sort()).toEqual(served.sort());
    expect(JSON.stringify(document)).not.toContain('"/internal');
  });

  it('says of every operation what it takes, what it needs and how it fails', () => {
    expect(document['openapi']).toBe('3.1.0');
    const ids = operations().map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations()) {
      const named = (operation['parameters'] as { name: string; in: string }[]).filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
      expect({ path, named }).toEqual({ path, named: path.match(/\{\w+\}/g) ?? [] });
      if (method === 'post' || method === 'put') continue;
      expect(operation['requestBody']).toBeUndefined();
    }
    const create = document.paths['/accounts/projects/{projectId}/rooms']!['post']!;
    const schema = ((create['requestBody'] as JsonSchema)['content'] as Record<string, { schema: JsonSchema }>)['application/json']!.schema;
    expect(schema).toMatchObject({ type: 'object', required: expect.arrayContaining(['name']), properties: { name: { type: 'string' } } });
    expect(create['description']).toMatch(/room_creator/);
  });

  it('says of every operation what it answers, and every way in which it refuses', () => {
    const silent = operations().filter(({ operation }) => Object.keys(operation['responses'] as object).every((status) => status >= '400'));
    const payment = ['credits', 'subscription'].map((what) => `post /accounts/projects/{projectId}/${what}`);
    expect(silent.map(({ path, method }) => `${method} ${path}`).sort()).toEqual(payment);
    for (const { path, method, operation } of operations()) {
      const statuses = Object.keys(operation['responses'] as Record<string, JsonSchema>);
      const isPublic = (operation['security'] as unknown[]).length === 0;
      expect({ path, method, refuses: statuses }).toEqual({ path, method, refuses: expect.arrayContaining(isPublic ? ['400', '413', '500', '503'] : ['400', '401', '403', '413', '500', '503']) });
      if (path.includes('{projectId}')) expect(statuses).toContain('404');
    }
    const rooms = document.paths['/accounts/projects/{projectId}/rooms']!['post']!['responses'] as Record<string, { $ref: string; content: Record<string, { schema: JsonSchema }> }>;
    expect(rooms['200']!.content['application/json']!.schema).toEqual({ $ref: '#/components/schemas/Room' });
    expect(rooms['409']).toEqual({ $ref: '#/components/responses/room_exists' });
    const shared = (document['components'] as { responses: typeof rooms }).responses;
    expect(shared['room_exists']!.content['application/json']!.schema).toMatchObject({ properties: { error: { properties: { code: { enum: ['room_exists'] } } } } });
  });

  it('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(schemas|responses)\/([^"]+)"/g)].map(([, kind, name]) => [kind!, name!] as const);
    const components = document['components'] as Record<string, object>;
    expect(references.length).toBeGreaterThan(10);
    for (const [kind, name] of references) expect({ name, found: Object.hasOwn(components[kind]!, name) }).toEqual({ name, found: true });
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('the page and all it loads come from here', async () => {
    const page = await fetch(`${api.url}/docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    for (const [, asset] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const answer = await fetch(`${api.url}${asset}`);
      expect({ asset, status: answer.status, empty: (await answer.arrayBuffer()).byteLength === 0 }).toEqual({ asset, status: 200, empty: false });
    }
    for (const name of ['package.json', '..%2fpackage.json', '%2e%2e', 'constructor', '%00']) expect((await fetch(`${api.url}/docs/${name}`)).status).toBe(404);
  });
});
