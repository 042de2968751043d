import { until } from '../until.js';
import { callModel } from './call-model.js';
import { mintToken, refusal, sdk } from './sdk.js';
import type { Served } from './served.js';

const HOUR_MS = 3_600_000;

export const describeParticipantTokens = (served: () => Served): void => {
  describe('participant tokens that the client mints', () => {
    it.each([
      ['for agents', (apiKey: string, room: string) => mintToken(apiKey, room)],
      ['in its short form', (apiKey: string, room: string) => sdk.participantToken({ participantName: 'ann', roomName: room, apiKey }).toJwt({ apiKey })],
      ['that end', (apiKey: string, room: string) => mintToken(apiKey, room, { expiration: new Date(Date.now() + HOUR_MS) })],
      ['for some models', (apiKey: string, room: string) => mintToken(apiKey, room, { scope: new sdk.ApiScope({ llm: new sdk.LLMGrant({ models: ['openai/gpt-4*'] }) }) })],
    ])('%s: call models', async (_, mint) => {
      const { apiKey, room } = await served().newRoom();
      expect(await callModel(served(), await mint(apiKey, room), { room })).toContain('simulated');
    });

    it.each([
      ['for users, who get no models', { scope: sdk.ApiScope.userDefault() }, 403],
      ['for other models', { scope: new sdk.ApiScope({ llm: new sdk.LLMGrant({ models: ['openai/gpt-5*'] }) }) }, 400],
      ['for another room', { room: 'hall' }, 403],
      ['that ended', { expiration: new Date(Date.now() - HOUR_MS) }, 401],
    ])('%s: are refused', async (_, options, status) => {
      const { apiKey, room } = await served().newRoom();
      await expect(callModel(served(), await mintToken(apiKey, room, options), { room })).rejects.toMatchObject({ status });
    });

    it('are a credential of the client: they read their project, and change nothing', async () => {
      const { clientWith, newRoom } = served();
      const { projectId, apiKey, room } = await newRoom();
      const client = clientWith(await mintToken(apiKey, room));
      expect(await client.getProject(projectId)).toMatchObject({ id: projectId, settings: null });
      expect(await client.getUserProfile('me')).toMatchObject({ first_name: 'ann' });
      await expect(client.createRoom({ projectId, name: 'hall' })).rejects.toThrow(refusal(403, 'forbidden'));
      await expect(client.listApiKeys(projectId)).rejects.toThrow(refusal(403, 'forbidden'));
    });

    it('end with the API key that signed them, as the key itself does', async () => {
      const { newRoom, owner } = served();
      const { projectId, apiKey, room } = await newRoom();
      const credentials = [apiKey, await mintToken(apiKey, room)];
      for (const credential of credentials) await callModel(served(), credential);
      await owner.deleteApiKey(projectId, sdk.parseApiKey(apiKey).id);
      for (const credential of credentials) await until(() => callModel(served(), credential).then(() => false, ({ status }: { status: number }) => status === 401));
    });
  });
};
