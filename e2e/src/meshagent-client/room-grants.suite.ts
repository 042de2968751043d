import type { ProjectRoomGrant } from '@meshagent/meshagent';
import type { Served, SignedIn } from './served.js';
import { refusal, sdk } from './sdk.js';

const pairsOf = (grants: ProjectRoomGrant[]) => grants.map(({ room, userId }) => [room.name, userId]);
const messagingOnly = () => new sdk.ApiScope({ messaging: new sdk.MessagingGrant() });

export const describeRoomGrants = (served: () => Served): void => {
  describe('room grants', () => {
    /** Two members who see no room by themselves, and two rooms. */
    const twoOfBoth = async () => {
      const { newProject, newUser, owner } = served();
      const projectId = await newProject();
      const people: [SignedIn, SignedIn] = [await newUser('ann'), await newUser('bob')];
      for (const { id } of people) await owner.addUserToProject(projectId, id);
      const [a, b] = [await owner.createRoom({ projectId, name: 'a' }), await owner.createRoom({ projectId, name: 'b' })];
      return { owner, projectId, people, a, b };
    };

    it('open a room to a member, until they are deleted', async () => {
      const { owner, projectId, people: [ann], a } = await twoOfBoth();
      await expect(ann.client.getRoom(projectId, 'a')).rejects.toThrow(refusal(404, 'room_not_found'));
      await owner.createRoomGrant({ projectId, roomId: a.id, userId: ann.id, permissions: messagingOnly() });
      expect(await ann.client.listRooms(projectId)).toEqual([a]);
      await owner.deleteRoomGrant(projectId, a.id, ann.id);
      expect(await ann.client.listRooms(projectId)).toEqual([]);
      await expect(owner.getRoomGrant(projectId, a.id, ann.id)).rejects.toThrow(refusal(404, 'room_grant_not_found'));
    });

    it('say what tokens for the room may do, and can be changed', async () => {
      const { owner, projectId, people: [ann], a } = await twoOfBoth();
      const allowed = async () => (await sdk.ParticipantToken.fromJwt((await ann.client.connectRoom(projectId, 'a')).jwt, { verify: false })).getApiGrant()?.toJSON();
      await owner.createRoomGrantByEmail({ projectId, roomId: a.id, email: ann.email, permissions: messagingOnly() });
      expect((await owner.getRoomGrant(projectId, a.id, ann.id)).permissions.toJSON()).toEqual(messagingOnly().toJSON());
      expect(await allowed()).toEqual(messagingOnly().toJSON());
      const more = new sdk.ApiScope({ queues: new sdk.QueuesGrant({}), storage: new sdk.StorageGrant({}) });
      await owner.updateRoomGrant({ projectId, roomId: a.id, userId: ann.id, permissions: more });
      expect(await owner.getRoomGrant(projectId, a.id, ann.id)).toMatchObject({ room: a, userId: ann.id });
      expect(await allowed()).toEqual(more.toJSON());
    });

    it('can come with a new room', async () => {
      const { owner, projectId, people: [ann] } = await twoOfBoth();
      const room = await owner.createRoom({ projectId, name: 'c', permissions: { [ann.id]: messagingOnly() } });
      expect(await ann.client.listRooms(projectId)).toEqual([room]);
    });

    it('are listed and counted in every direction, in pages', async () => {
      const { owner, projectId, people: [ann, bob], a, b } = await twoOfBoth();
      for (const [room, person] of [[a, ann], [a, bob], [b, bob]] as const) await owner.createRoomGrant({ projectId, roomId: room.id, userId: person.id, permissions: messagingOnly() });
      expect(pairsOf(await owner.listRoomGrants(projectId))).toEqual(expect.arrayContaining([['a', ann.id], ['a', bob.id], ['b', bob.id]]));
      expect(pairsOf(await owner.listRoomGrants(projectId, { limit: 5, offset: 2 }))).toEqual([['b', bob.id]]);
      expect(pairsOf(await owner.listRoomGrantsByUser(projectId, bob.id))).toEqual([['a', bob.id], ['b', bob.id]]);
      expect(pairsOf(await owner.listRoomGrantsByUser(projectId, bob.id, { limit: 1, offset: 1 }))).toEqual([['b', bob.id]]);
      expect(pairsOf(await owner.listRoomGrantsByRoom(projectId, b.id))).toEqual([['b', bob.id]]);

      const [rooms, users] = [[{ room: a, count: 2 }, { room: b, count: 1 }], [{ userId: ann.id, count: 1, email: ann.email }, { userId: bob.id, count: 2, email: bob.email }]];
      expect(await owner.listUniqueRoomsWithGrants(projectId)).toEqual(rooms);
      expect(await owner.listUniqueRoomsWithGrants(projectId, { limit: 1, offset: 1 })).toEqual(rooms.slice(1));
      expect(await owner.listUniqueUsersWithGrants(projectId)).toMatchObject(users);
      expect(await owner.listUniqueUsersWithGrantsPage(projectId, { limit: 1 })).toMatchObject({ users: users.slice(0, 1), total: 2 });
      expect(await owner.listUniqueUsersWithGrantsPage(projectId, { limit: 1, offset: 1 })).toMatchObject({ users: users.slice(1), total: 2 });
      expect(await owner.listUniqueUsersWithGrantsPage(projectId, { filter: bob.email })).toMatchObject({ users: users.slice(1), total: 1 });
    });
  });
};
