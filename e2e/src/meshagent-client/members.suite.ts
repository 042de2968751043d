import type { Served } from './served.js';
import { refusal } from './sdk.js';

export const describeMembers = (served: () => Served): void => {
  describe('members', () => {
    it.each([
      [{}, 'member', { is_admin: false, is_developer: false, can_create_rooms: false }],
      [{ canCreateRooms: true }, 'member', { is_admin: false, is_developer: false, can_create_rooms: true }],
      [{ isDeveloper: true }, 'developer', { is_admin: false, is_developer: true, can_create_rooms: false }],
      [{ isAdmin: true }, 'admin', { is_admin: true, is_developer: false, can_create_rooms: false }],
      [{ isAdmin: false, isDeveloper: false, canCreateRooms: false }, 'member', { is_admin: false, is_developer: false, can_create_rooms: false }],
    ] as const)('added with %j: %s', async (switches, role, shown) => {
      const { newProject, newUser, owner } = served();
      const [projectId, { id, email, client }] = [await newProject(), await newUser()];
      expect(await owner.addUserToProject(projectId, id, switches)).toEqual({ ok: true });
      expect(await client.getProjectRole(projectId)).toBe(role);
      expect((await owner.getUsersInProject(projectId))['users']).toContainEqual(expect.objectContaining({ id, email, ...shown }));
    });

    it('removed: they are listed no more, and the project is gone for them', async () => {
      const { newProject, newUser, owner } = served();
      const [projectId, { id, client }] = [await newProject(), await newUser()];
      await owner.addUserToProject(projectId, id);
      expect((await owner.getUsersInProject(projectId))['total']).toBe(2);
      expect(await owner.removeUserFromProject(projectId, id)).toEqual({ ok: true });
      expect((await owner.getUsersInProject(projectId))['total']).toBe(1);
      await expect(client.getProject(projectId)).rejects.toThrow(refusal(404, 'project_not_found'));
    });

    it('are listed in pages, and found by a part of their name', async () => {
      const { newProject, newUser, owner } = served();
      const projectId = await newProject();
      const people = [await newUser(), await newUser()];
      for (const { id } of people) await owner.addUserToProject(projectId, id);
      const page = async (options: Parameters<typeof owner.getUsersInProjectPage>[1]) => {
        const { users, total } = await owner.getUsersInProjectPage(projectId, options);
        return { emails: users.map(({ email }) => email), total };
      };
      const all = await page({});
      expect(all).toEqual({ emails: expect.arrayContaining(people.map(({ email }) => email)), total: 3 });
      expect(await page({ count: 2 })).toEqual({ emails: all.emails.slice(0, 2), total: 3 });
      expect(await page({ count: 2, offset: 2 })).toEqual({ emails: all.emails.slice(2), total: 3 });
      expect(await page({ filter: people[0]!.email.slice(0, -4) })).toEqual({ emails: [people[0]!.email], total: 1 });
    });

    it('have a profile that is theirs to change, and that those they share a project with may read', async () => {
      const { newProject, newUser, owner } = served();
      const [projectId, ann, bob] = [await newProject(), await newUser(), await newUser()];
      await expect(owner.getUserProfile(ann.id)).rejects.toThrow(refusal(404, 'user_not_found'));
      await owner.addUserToProject(projectId, ann.id);
      expect(await ann.client.updateUserProfile('me', 'Ann', 'Example')).toEqual({ ok: true });
      const profile = { id: ann.id, email: ann.email, first_name: 'Ann', last_name: 'Example' };
      expect(await ann.client.getUserProfile('me')).toEqual(profile);
      expect(await owner.getUserProfile(ann.id)).toEqual(profile);
      expect((await owner.getUsersInProject(projectId))['users']).toContainEqual(expect.objectContaining(profile));
      await expect(bob.client.getUserProfile(ann.id)).rejects.toThrow(refusal(404, 'user_not_found'));
      await expect(bob.client.updateUserProfile(ann.id, 'Not', 'Ann')).rejects.toThrow(refusal(403, 'forbidden'));
    });
  });
};
