import type { RoomInfo } from '@meshagent/meshagent';
import type { Served } from './served.js';
import { refusal, sdk } from './sdk.js';

const namesOf = (rooms: RoomInfo[]) => rooms.map(({ name }) => name);

export const describeRooms = (served: () => Served): void => {
  describe('rooms', () => {
    it('are made, read, changed and deleted', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const room = await owner.createRoom({ projectId, name: 'lab', metadata: { floor: 3 }, annotations: { team: 'search' } });
      expect(room).toEqual({ id: expect.any(String), name: 'lab', metadata: { floor: 3 }, annotations: { team: 'search' } });
      expect(await owner.getRoom(projectId, 'lab')).toEqual(room);
      await owner.updateRoom(projectId, room.id, 'renamed', { metadata: { floor: 4 } });
      expect(await owner.getRoom(projectId, 'renamed')).toEqual({ ...room, name: 'renamed', metadata: { floor: 4 } });
      await owner.updateRoom(projectId, room.id, 'renamed', { annotations: { team: 'ads' } });
      expect(await owner.listRooms(projectId)).toEqual([{ ...room, name: 'renamed', metadata: { floor: 4 }, annotations: { team: 'ads' } }]);
      await expect(owner.getRoom(projectId, 'lab')).rejects.toThrow(refusal(404, 'room_not_found'));
      await owner.deleteRoom(projectId, room.id);
      expect(await owner.listRooms(projectId)).toEqual([]);
      await expect(owner.deleteRoom(projectId, room.id)).rejects.toThrow(refusal(404, 'room_not_found'));
    });

    it('of a name that is taken: refused, or the one that is there', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const room = await owner.createRoom({ projectId, name: 'lab' });
      await expect(owner.createRoom({ projectId, name: 'lab' })).rejects.toThrow(refusal(409, 'room_exists'));
      expect(await owner.createRoom({ projectId, name: 'lab', ifNotExists: true })).toEqual(room);
    });

    it('are listed by name, in pages', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      for (const name of ['c', 'a', 'b']) await owner.createRoom({ projectId, name });
      expect(namesOf(await owner.listRooms(projectId, { limit: 2 }))).toEqual(['a', 'b']);
      expect(namesOf(await owner.listRooms(projectId, { limit: 2, offset: 2 }))).toEqual(['c']);
    });

    it('are open to whoever made them', async () => {
      const { newProject, newUser, owner } = served();
      const [projectId, ann] = [await newProject(), await newUser()];
      await owner.addUserToProject(projectId, ann.id, { canCreateRooms: true });
      await owner.createRoom({ projectId, name: 'of-the-owner' });
      const room = await ann.client.createRoom({ projectId, name: 'of-ann' });
      expect(await ann.client.getRoom(projectId, 'of-ann')).toEqual(room);
      expect(await ann.client.listRooms(projectId)).toEqual([room]);
      expect(await ann.client.connectRoom(projectId, 'of-ann')).toMatchObject({ roomName: 'of-ann' });
      await expect(ann.client.connectRoom(projectId, 'of-the-owner')).rejects.toThrow(refusal(403, 'forbidden'));
    });

    it('connect: a token for the room that the client reads', async () => {
      const { newProject, newUser, owner, system } = served();
      const [projectId, ann] = [await newProject(), await newUser()];
      await owner.addUserToProject(projectId, ann.id, { isDeveloper: true });
      await owner.createRoom({ projectId, name: 'lab' });
      const { jwt, ...connection } = await ann.client.connectRoom(projectId, 'lab');
      expect(connection).toEqual({ projectId, roomName: 'lab', roomUrl: `ws://localhost:${system.port}/rooms/lab` });
      const token = await sdk.ParticipantToken.fromJwt(jwt, { verify: false });
      expect([token.name, token.projectId, token.grantScope('room'), token.isUser]).toEqual([ann.email, projectId, 'lab', true]);
      expect(token.getApiGrant()?.llm).toBeDefined();
      await expect(ann.client.connectRoom(projectId, 'none')).rejects.toThrow(refusal(404, 'room_not_found'));
    });
  });
};
