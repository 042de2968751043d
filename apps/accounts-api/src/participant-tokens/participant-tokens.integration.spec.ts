import { agentDefaultApiScope, mintParticipantToken, parseApiKey, readParticipantToken } from '@llm-proxy/shared-auth';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('participant tokens', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const mint = (body: object, ask = project.admin) => ask('POST', `${project.path}/participant-tokens`, body);
  const validate = (token: unknown) => api.anonymous('POST', '/api/participant-token/validate', { token });

  it("minted with an API key, from parts: signed with that key, and ended by the key's end", async () => {
    const { body } = await mint({ name: 'ann', room_name: 'my-room', role: 'agent' });
    const claims = {
      name: 'ann',
      grants: [{ name: 'role', scope: 'agent' }, { name: 'api', scope: agentDefaultApiScope() }, { name: 'room', scope: 'my-room' }],
      sub: project.id,
      kid: project.apiKeyId,
      version: expect.any(String),
    };
    expect(await validate(body['token'])).toMatchObject({ status: 200, body: claims });
    expect(readParticipantToken(body['token']!)?.exp).toBeUndefined();
    await api.operator('DELETE', `${project.path}/api-keys/${project.apiKeyId}`);
    expect((await validate(body['token'])).status).toBe(400);
    expect((await api.as(body['token']!)('GET', project.path)).status).toBe(401);
  });

  it('minted from whole grants', async () => {
    const grants = [{ name: 'room', scope: 'r' }, { name: 'api', scope: { llm: { models: ['openai/*'] } } }];
    const { body } = await mint({ name: 'ann', grants });
    expect((await validate(body['token'])).body).toMatchObject({ name: 'ann', grants });
  });

  it('minted by the operator: signed by the deployment, for a day', async () => {
    const { body } = await mint({ name: 'ann', api: { llm: {} } }, api.operator);
    const { exp, kid, grants } = readParticipantToken(body['token']!)!;
    expect({ kid, grants }).toEqual({ kid: undefined, grants: [{ name: 'api', scope: { llm: {} } }] });
    expect(Math.abs(exp! - (Date.now() / 1000 + 86_400))).toBeLessThan(60);
    expect((await validate(body['token'])).status).toBe(200);
  });

  it('minted by clients themselves with a key are as good', async () => {
    const { secret, keyId } = parseApiKey(project.apiKey)!;
    const token = mintParticipantToken({ name: 'bob', grants: [], sub: project.id, kid: keyId }, secret);
    expect((await validate(token)).body).toMatchObject({ name: 'bob', kid: keyId });
  });

  it('cannot be had for more than the own project, whatever the body says', async () => {
    const other = await api.newProject();
    const { body } = await mint({ name: 'ann', sub: other.id, project_id: other.id });
    expect(readParticipantToken(body['token']!)?.sub).toBe(project.id);
  });

  it('bad bodies: 400 with the field', async () => {
    const cases: [object, RegExp][] = [
      [{}, /^name: /],
      [{ name: '' }, /^name: /],
      [{ name: 'a', role: 'king' }, /^role: /],
      [{ name: 'a', room_name: 'No Room' }, /^room_name: /],
      [{ name: 'a', grants: [{ name: 'room' }] }, /^grants\.0\.scope: /],
      [{ name: 'a', api: 'all' }, /^api: /],
    ];
    for (const [body, message] of cases) expect((await mint(body)).body.error?.message).toMatch(message);
  });

  it('that are not valid are told so', async () => {
    const claims = { name: 'ann', grants: [], sub: project.id };
    const { MESHAGENT_SECRET } = api.config;
    const cases: [unknown, RegExp][] = [
      ['x', /not valid\.$/],
      [mintParticipantToken(claims, 'other'), /bad signature/],
      [mintParticipantToken(claims, MESHAGENT_SECRET, { expiresInSeconds: -10 }), /expired/],
      [mintParticipantToken({ ...claims, nbf: Date.now() }, MESHAGENT_SECRET), /not yet valid/],
      [7, /^token: /],
    ];
    for (const [token, message] of cases) {
      const answer = await validate(token);
      expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(message) } } });
    }
  });
});
