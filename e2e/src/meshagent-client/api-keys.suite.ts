import type { Served } from './served.js';
import { refusal, sdk } from './sdk.js';

export const describeApiKeys = (served: () => Served): void => {
  describe('API keys', () => {
    it('are made, told once, listed and deleted', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const { value, ...made } = await owner.createApiKey(projectId, 'nightly', 'of the nightly job');
      const listed = async () => (await owner.listApiKeys(projectId))['keys'];
      expect(made).toMatchObject({ id: expect.any(String), name: 'nightly', description: 'of the nightly job' });
      expect(await listed()).toEqual([made]);
      expect(JSON.stringify(await listed())).not.toContain(value);
      await owner.deleteApiKey(projectId, String(made['id']));
      expect(await listed()).toEqual([]);
      await expect(owner.deleteApiKey(projectId, String(made['id']))).rejects.toThrow(refusal(404, 'api_key_not_found'));
    });

    it('are text that the client takes apart and puts together', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const { id, value } = await owner.createApiKey(projectId, 'nightly', '');
      const parsed = sdk.parseApiKey(String(value));
      expect(parsed).toEqual({ id, projectId, secret: expect.any(String) });
      expect(sdk.encodeApiKey(parsed)).toBe(value);
    });

    it('are a credential of the client: admin of their project, and nothing elsewhere', async () => {
      const { clientWith, newApiKey, newProject } = served();
      const [projectId, other] = [await newProject(), await newProject()];
      const client = clientWith(await newApiKey(projectId));
      expect(await client.listProjects()).toMatchObject({ projects: [{ id: projectId }] });
      expect(await client.getProjectRole(projectId)).toBe('admin');
      expect((await client.createRoom({ projectId, name: 'lab' })).name).toBe('lab');
      await expect(client.getProject(other)).rejects.toThrow(refusal(404, 'project_not_found'));
    });

    it('deleted: the client that holds one is refused', async () => {
      const { clientWith, newProject, owner } = served();
      const projectId = await newProject();
      const { id, value } = await owner.createApiKey(projectId, 'nightly', '');
      const client = clientWith(String(value));
      expect(await client.getStatus(projectId)).toBe(true);
      await owner.deleteApiKey(projectId, String(id));
      await expect(client.getStatus(projectId)).rejects.toThrow(refusal(401, 'unauthenticated'));
    });
  });
};
