import { randomUUID } from 'node:crypto';
import { formatApiKey, newApiKeySecret } from '@llm-proxy/shared-auth';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

const LIMIT = 20;

describe('an address that shows invalid credentials', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi({ INVALID_CREDENTIALS_PER_MINUTE: String(LIMIT) });
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const ask = async (credential: string | null, from: string) => {
    const headers = { 'x-forwarded-for': from, ...(credential !== null && { authorization: `Bearer ${credential}` }) };
    const answer = await fetch(`${api.url}${project.path}`, { headers });
    const body = (await answer.json()) as { error?: { code: string } };
    return { status: answer.status, code: body.error?.code, retryAfter: answer.headers.get('retry-after') };
  };
  const wrongKey = () => formatApiKey({ keyId: randomUUID(), projectId: project.id, secret: newApiKeySecret() });
  /** More than fit into two minutes, since one may end in between. */
  const flood = async (from: string) => {
    const answers = [];
    for (let index = 0; index < 2 * LIMIT + 5; index++) answers.push(await ask(wrongKey(), from));
    return answers;
  };

  it('is told to wait after so many, before anything is looked up', async () => {
    const answers = await flood(randomUUID());
    expect(answers.slice(0, LIMIT)).toEqual(Array.from({ length: LIMIT }, () => ({ status: 401, code: 'unauthenticated', retryAfter: null })));
    expect(answers.at(-1)).toEqual({ status: 429, code: 'too_many_attempts', retryAfter: '60' });
  });

  it('goes on being served for credentials that were valid a moment ago; other addresses for all', async () => {
    const from = randomUUID();
    expect((await ask(project.apiKey, from)).status).toBe(200);
    await flood(from);
    expect((await ask(project.apiKey, from)).status).toBe(200);
    expect((await ask(wrongKey(), from)).status).toBe(429);
    expect((await ask(wrongKey(), randomUUID())).status).toBe(401);
  });

  it('is not counted for requests without a credential: they cost nothing', async () => {
    const from = randomUUID();
    for (let index = 0; index < 3 * LIMIT; index++) expect((await ask(null, from)).status).toBe(401);
    expect((await ask(wrongKey(), from)).status).toBe(401);
  });
});
