import { newName, type Served } from './served.js';
import { refusal } from './sdk.js';

export const describeProjects = (served: () => Served): void => {
  describe('projects', () => {
    it('are made, listed and read by their owner', async () => {
      const { owner } = served();
      const name = newName('Project');
      const made = await owner.createProject(name, { theme: 'dark' });
      const id = String(made['id']);
      expect(made).toMatchObject({ name, settings: { theme: 'dark' }, project_key: expect.any(String) });
      expect(await owner.getProject(id)).toEqual(made);
      expect((await owner.listProjects())['projects']).toContainEqual(made);
      expect([await owner.getStatus(id), await owner.getProjectRole(id)]).toEqual([true, 'admin']);
    });

    it('do not exist for others', async () => {
      const { newProject, newUser } = served();
      const [id, { client }] = [await newProject(), await newUser()];
      expect(await client.listProjects()).toEqual({ projects: [] });
      const calls = [client.getProject(id), client.getStatus(id), client.getProjectRole(id), client.listRooms(id), client.getUsage(id)];
      await Promise.all(calls.map((call) => expect(call).rejects.toThrow(refusal(404, 'project_not_found'))));
    });

    it('keep settings as one object, and show no key that is in it', async () => {
      const { newProject, owner } = served();
      const id = await newProject();
      const written = await owner.updateProjectSettings(id, { theme: 'dark', OPENAI_API_KEY: 'sk-of-the-project', OPENAI_BASE_URL: 'https://llm.example.com/v1' });
      const { settings } = await owner.getProject(id);
      expect(settings).toEqual({ theme: 'dark', OPENAI_BASE_URL: 'https://llm.example.com/v1' });
      expect(JSON.stringify(written)).not.toContain('sk-of-the-project');
    });
  });
};
