import { Injectable } from '@nestjs/common';
import { agentDefaultApiScope } from '@llm-proxy/shared-auth';
import { AccountsError } from '../accounts.errors.js';
import { Database, isDuplicate, isGone, isOrphan, Prisma } from '../database/database.js';
import type { Room } from '../generated/client.js';
import { isUuid } from '../http/fields.schema.js';
import type { Page } from '../http/paging.schema.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import { type RoomAccess, visibleRooms } from './room-access.js';
import { isRoomName, type NewRoom, type RoomUpdate } from './rooms.schema.js';

@Injectable()
export class RoomsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  /**
   * The room of that id, else of that name: nobody can take over a room's id by naming another room after it.
   * @throws AccountsError `room_not_found`
   */
  async get(projectId: string, idOrName: string): Promise<Room> {
    const byId = isUuid(idOrName) ? await this.database.room.findFirst({ where: { id: idOrName, projectId } }) : null;
    const room = byId ?? (isRoomName(idOrName) ? await this.findByName(projectId, idOrName) : null);
    if (!room) throw new AccountsError('room_not_found');
    return room;
  }

  /** By name, of those that may be seen. */
  async list(projectId: string, page: Page, access: RoomAccess): Promise<{ rooms: Room[]; total: number }> {
    const where = { projectId, ...visibleRooms(access), ...(page.filter !== undefined && { name: { contains: page.filter } }) };
    const [rooms, total] = await Promise.all([
      this.database.room.findMany({ where, orderBy: { name: 'asc' }, take: page.take, skip: page.skip }),
      this.database.room.count({ where }),
    ]);
    return { rooms, total };
  }

  /**
   * @param maker what whoever makes it sees already: who does not see every room is let into this one
   * @throws AccountsError `room_exists` unless an existing room will do that the maker may see, `project_not_found`, `member_not_found`
   */
  async create(projectId: string, room: NewRoom, maker: RoomAccess): Promise<Room> {
    const existing = await this.existing(projectId, room, maker);
    if (existing) return existing;
    try {
      return await this.insert(projectId, room, maker);
    } catch (error) {
      if (isDuplicate(error)) {
        const made = await this.existing(projectId, room, maker);
        if (made) return made;
        throw new AccountsError('room_exists');
      }
      if (isOrphan(error)) throw new AccountsError(Object.keys(room.permissions).length > 0 ? 'member_not_found' : 'project_not_found');
      throw error;
    }
  }

  /** @throws AccountsError `room_not_found`, `room_exists` when the new name is taken */
  async update(projectId: string, idOrName: string, update: RoomUpdate): Promise<Room> {
    const { id } = await this.get(projectId, idOrName);
    try {
      return await this.changeLog.commit(projectId, (transaction) => transaction.room.update({ where: { id }, data: toData(update) }), ({ name, enabled }) => ({
        action: 'room.updated',
        target: { type: 'room', id, name },
        details: { enabled },
      }));
    } catch (error) {
      if (isDuplicate(error)) throw new AccountsError('room_exists');
      if (isGone(error)) throw new AccountsError('room_not_found');
      throw error;
    }
  }

  /** @throws AccountsError `room_not_found` */
  async remove(projectId: string, idOrName: string): Promise<void> {
    const { id, name } = await this.get(projectId, idOrName);
    const target = { type: 'room', id, name };
    await this.changeLog.commit(projectId, (transaction) => transaction.room.deleteMany({ where: { id } }), ({ count }) => (count === 0 ? null : { action: 'room.deleted', target }));
  }

  private findByName(projectId: string, name: string): Promise<Room | null> {
    return this.database.room.findUnique({ where: { projectId_name: { projectId, name } } });
  }

  /** Whoever makes a room is let in, and so are those it is made for. */
  private insert(projectId: string, { name, metadata, annotations, permissions }: NewRoom, maker: RoomAccess): Promise<Room> {
    const ofMaker = maker.all || maker.userId === null ? {} : { [maker.userId]: agentDefaultApiScope() };
    const grants = Object.entries({ ...ofMaker, ...permissions }).map(([userId, scope]) => ({ userId, projectId, permissions: scope as Prisma.InputJsonObject }));
    const data = { projectId, name, metadata: metadata as Prisma.InputJsonObject, annotations: annotations as Prisma.InputJsonObject };
    return this.changeLog.commit(projectId, async (transaction) => {
        const room = await transaction.room.create({ data });
        await transaction.roomGrant.createMany({ data: grants.map((grant) => ({ ...grant, roomId: room.id })) });
        return room;
      }, ({ id }) => ({ action: 'room.created', target: { type: 'room', id, name } }));
  }

  /** Null when an existing room will not do. */
  private async existing(projectId: string, { name, if_not_exists }: NewRoom, maker: RoomAccess): Promise<Room | null> {
    return if_not_exists ? this.database.room.findFirst({ where: { projectId, name, ...visibleRooms(maker) } }) : null;
  }
}

const toData = ({ name, metadata, annotations, enabled }: RoomUpdate): Prisma.RoomUpdateInput => ({
  ...(name != null && { name }),
  ...(metadata != null && { metadata: metadata as Prisma.InputJsonObject }),
  ...(annotations != null && { annotations: annotations as Prisma.InputJsonObject }),
  ...(enabled != null && { enabled }),
});
