import { refusal } from './sdk.js';
import type { Served } from './served.js';

const WEB = { grantTypes: ['authorization_code', 'refresh_token'], responseTypes: ['code'], redirectUris: ['https://app.example.com/callback'], scope: 'openid email', metadata: { name: 'Web' } };

export const describeOAuthClients = (served: () => Served): void => {
  describe('OAuth clients', () => {
    it('are made, read without their secret, changed and deleted', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const { clientSecret, ...made } = await owner.createOAuthClient(projectId, WEB);
      expect(made).toEqual({ ...WEB, projectId, clientId: expect.any(String) });
      expect(clientSecret).not.toBe('');
      const shown = { ...made, clientSecret: '' };
      expect(await owner.getOAuthClient(projectId, made.clientId)).toEqual(shown);
      const change = { redirectUris: ['https://app.example.com/other'], metadata: { name: 'Renamed' } };
      expect(await owner.updateOAuthClient(projectId, made.clientId, change)).toEqual({ ok: true });
      expect(await owner.listOAuthClients(projectId)).toEqual([{ ...shown, ...change }]);
      await owner.deleteOAuthClient(projectId, made.clientId);
      expect(await owner.listOAuthClients(projectId)).toEqual([]);
      await expect(owner.getOAuthClient(projectId, made.clientId)).rejects.toThrow(refusal(404, 'oauth_client_not_found'));
    });

    it('are listed in pages', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      for (const name of ['One', 'Two', 'Three']) await owner.createOAuthClient(projectId, { ...WEB, metadata: { name } });
      const all = await owner.listOAuthClients(projectId);
      expect(await owner.listOAuthClientsPage(projectId, { count: 2, offset: 2 })).toEqual({ clients: all.slice(2), total: 3 });
      expect(await owner.listOAuthClientsPage(projectId, { filter: all[1]!.clientId })).toEqual({ clients: [all[1]], total: 1 });
    });
  });
};
