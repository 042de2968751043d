import { type ProviderSimulator, startProviderSimulator } from '@llm-proxy/testing';
import type { Meshagent } from '@meshagent/meshagent';
import { type BillRow, expectLines } from '../bill.js';
import { signInAsClient } from '../sign-in.js';
import { callModel, ONE_CALL, PROGRAM } from './call-model.js';
import { mintToken, refusal } from './sdk.js';
import type { Served } from './served.js';

type UsageOptions = Parameters<Meshagent['getUsage']>[1];

const DAY_MS = 86_400_000;

export const describeUsage = (served: () => Served): void => {
  const usageOf = async (projectId: string, options?: UsageOptions) => (await served().owner.getUsage(projectId, options)) as unknown as BillRow[];
  const expectUsage = (projectId: string, options: UsageOptions, expected = ONE_CALL) => expectLines(() => usageOf(projectId, options), expected);

  describe('usage', () => {
    it('of an API key: of its service account, in no room', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const { id, value, service_account_id: account } = await owner.createApiKey(projectId, 'nightly', '');
      expect(await callModel(served(), String(value))).toContain('simulated');
      await expectUsage(projectId, { users: [String(account)] });
      for (const row of await usageOf(projectId, { report: 'cost_by_api_key' })) expect(row['api_key_id']).toBe(id);
      for (const row of await usageOf(projectId, { report: 'cost_by_room' })) expect(row['room']).toBeNull();
    });

    it('of a participant token that the client minted: of the participant, in the room', async () => {
      const { projectId, apiKey, room } = await served().newRoom();
      expect(await callModel(served(), await mintToken(apiKey, room))).toContain('simulated');
      await expectUsage(projectId, { room, users: ['ann'] });
      for (const row of await usageOf(projectId, { report: 'cost_by_user' })) expect(row['user_name']).toBe('ann');
      for (const row of await usageOf(projectId, { report: 'cost_by_room' })) expect(row['room']).toBe(room);
    });

    it('of a connection: of whoever connected, in the room', async () => {
      const { newRoom, newUser, owner } = served();
      const [{ projectId, room }, ann] = [await newRoom(), await newUser()];
      await owner.addUserToProject(projectId, ann.id, { isDeveloper: true });
      await callModel(served(), (await ann.client.connectRoom(projectId, room)).jwt);
      await expectUsage(projectId, { room, users: [ann.email] });
    });

    it('of an OAuth client that signs in as itself, which may call models and do nothing else', async () => {
      const { clientWith, newProject, owner, system } = served();
      const projectId = await newProject();
      const { clientId, clientSecret } = await owner.createOAuthClient(projectId, { grantTypes: ['client_credentials'], responseTypes: [], redirectUris: [], scope: 'llm_proxy' });
      const { access_token } = await signInAsClient(system, { client_id: clientId, client_secret: clientSecret });
      await callModel(served(), access_token, { headers: { 'meshagent-project-id': projectId } });
      await expectUsage(projectId, { users: [clientId] });
      await expect(clientWith(access_token).getProject(projectId)).rejects.toThrow(refusal(401, 'unauthenticated'));
    });

    it.each<[string, UsageOptions, UsageOptions]>([
      ['room', { room: 'lab' }, { room: 'hall' }],
      ['provider', { provider: 'openai' }, { provider: 'anthropic' }],
      ['model', { model: 'gpt-4.1' }, { model: 'gpt-4.1-mini' }],
      ['program', { client: PROGRAM }, { client: 'another-job/1.0' }],
      ['annotations', { annotations: { team: 'search' } }, { annotations: { team: 'ads' } }],
      ['users', { users: ['bob', 'ann'] }, { users: ['bob'] }],
      ['period', { start: new Date(Date.now() - DAY_MS), end: new Date(Date.now() + DAY_MS) }, { start: new Date(Date.now() + DAY_MS) }],
    ])('is found by %s', async (_, matching, other) => {
      const { projectId, apiKey, room } = await served().newRoom('lab');
      await callModel(served(), await mintToken(apiKey, room), { headers: { 'x-meshagent-annotation-team': 'search' } });
      await expectUsage(projectId, matching);
      expect(await usageOf(projectId, other)).toEqual([]);
    });

    it('is found by its type, and is added up', async () => {
      const { projectId, apiKey } = await served().newRoom();
      for (const _ of [1, 2]) await callModel(served(), apiKey);
      await expectUsage(projectId, { usageType: 'llm_proxy_surcharge' }, ['gpt-4.1 llm_proxy_surcharge 2 2800']);
    });

    it('by day: every row says when', async () => {
      const { projectId, apiKey } = await served().newRoom();
      await callModel(served(), apiKey);
      await expectUsage(projectId, { interval: 'day' });
      for (const { time } of await usageOf(projectId, { interval: 'day' })) expect(time).toMatch(/^\d{4}-\d\d-\d\dT00:00:00/);
    });

    it('amounts are numbers of US$; the total of the surcharge is money too', async () => {
      const { projectId, apiKey } = await served().newRoom();
      await callModel(served(), apiKey);
      await expectUsage(projectId, {});
      const rows = Object.fromEntries((await usageOf(projectId)).map((row) => [row.type, [row['total'], row.price]]));
      expect(rows).toEqual({ input_tokens: [10, 0.00002], output_tokens: [1, 0.000008], llm_proxy_surcharge: [0.0000014, 0.0000014] });
    });
  });

  describe('usage with a key that the project keeps in its settings', () => {
    let provider: ProviderSimulator;

    beforeAll(async () => {
      provider = await startProviderSimulator({ apiKeys: { openai: 'sk-of-the-project' } });
    });
    afterAll(() => provider?.close());

    it('goes to its provider, and costs the surcharge alone', async () => {
      const { newRoom, owner } = served();
      const { projectId, apiKey } = await newRoom();
      await owner.updateProjectSettings(projectId, { OPENAI_API_KEY: 'sk-of-the-project', OPENAI_BASE_URL: provider.openAiBaseUrl });
      await callModel(served(), apiKey);
      expect(provider.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer sk-of-the-project']);
      await expectUsage(projectId, {}, ['gpt-4.1 custom_input_tokens 10 0', 'gpt-4.1 custom_output_tokens 1 0', 'gpt-4.1 llm_proxy_surcharge 1 1400']);
    });
  });
};
