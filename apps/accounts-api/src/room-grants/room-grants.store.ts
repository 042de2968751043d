import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { Database, isOrphan, Prisma } from '../database/database.js';
import type { Room } from '../generated/client.js';
import { isUuid } from '../http/fields.schema.js';
import type { Page } from '../http/paging.schema.js';
import { isFoundBy } from '../members/members.store.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import type { StoredRoomGrant, UserCount } from './room-grants.schema.js';

const whole = { include: { room: true, member: { include: { user: true } } } } as const;

/** Rooms that were opened to single members. */
@Injectable()
export class RoomGrantsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  /** By room name. */
  async list(projectId: string, { take, skip }: Page, of: { roomId?: string; userId?: string } = {}): Promise<{ grants: StoredRoomGrant[]; total: number }> {
    if (of.userId !== undefined && !isUuid(of.userId)) return { grants: [], total: 0 };
    const where = { projectId, ...of };
    const [grants, total] = await Promise.all([
      this.database.roomGrant.findMany({ where, ...whole, orderBy: [{ room: { name: 'asc' } }, { userId: 'asc' }], take, skip }),
      this.database.roomGrant.count({ where }),
    ]);
    return { grants, total };
  }

  find(projectId: string, roomId: string, userId: string): Promise<StoredRoomGrant | null> {
    return isUuid(userId) ? this.database.roomGrant.findFirst({ where: { projectId, roomId, userId }, ...whole }) : Promise.resolve(null);
  }

  /** How many members each room was opened to, by room name; rooms opened to nobody are left out. */
  async countByRoom(projectId: string, { take, skip, filter }: Page): Promise<{ counts: { room: Room; count: number }[]; total: number }> {
    const where = { projectId, grants: { some: {} }, ...(filter !== undefined && { name: { contains: filter } }) };
    const [rooms, total] = await Promise.all([
      this.database.room.findMany({ where, include: { _count: { select: { grants: true } } }, orderBy: { name: 'asc' }, take, skip }),
      this.database.room.count({ where }),
    ]);
    return { counts: rooms.map(({ _count, ...room }) => ({ room, count: _count.grants })), total };
  }

  /** How many rooms were opened to each member, by e-mail. `filter` is an id, or a part of the e-mail or name. */
  async countByUser(projectId: string, { take, skip, filter }: Page): Promise<{ counts: UserCount[]; total: number }> {
    const people = Prisma.sql`
      (SELECT u.id, u.email, u.first_name AS "firstName", u.last_name AS "lastName", count(*)::int AS count
         FROM accounts.room_grants g JOIN accounts.users u ON u.id = g.user_id WHERE g.project_id = ${projectId}::uuid GROUP BY u.id) AS people`;
    const [counts, [count]] = await Promise.all([
      this.database.$queryRaw<UserCount[]>`SELECT * FROM ${people} WHERE ${isFoundBy(filter)} ORDER BY email, id LIMIT ${take} OFFSET ${skip}`,
      this.database.$queryRaw<[{ total: number }]>`SELECT count(*)::int AS total FROM ${people} WHERE ${isFoundBy(filter)}`,
    ]);
    return { counts, total: count.total };
  }

  /** Makes the grant, or gives it other permissions. @throws AccountsError `member_not_found` */
  async set(room: Pick<Room, 'id' | 'name' | 'projectId'>, userId: string, permissions: Record<string, unknown>): Promise<void> {
    const data = { permissions: permissions as Prisma.InputJsonObject };
    const { projectId, id: roomId, name } = room;
    if (!isUuid(userId)) throw new AccountsError('member_not_found');
    try {
      await this.changeLog.commit(
        projectId,
        (transaction) => transaction.roomGrant.upsert({ where: { roomId_userId: { roomId, userId } }, create: { roomId, userId, projectId, ...data }, update: data }),
        { action: 'room_grant.set', target: { type: 'room', id: roomId, name }, details: { user_id: userId, ...data } },
      );
    } catch (error) {
      if (isOrphan(error)) throw new AccountsError('member_not_found');
      throw error;
    }
  }

  /** @throws AccountsError `room_grant_not_found` */
  async remove({ projectId, id: roomId, name }: Pick<Room, 'id' | 'name' | 'projectId'>, userId: string): Promise<void> {
    if (!isUuid(userId)) throw new AccountsError('room_grant_not_found');
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const { count } = await transaction.roomGrant.deleteMany({ where: { projectId, roomId, userId } });
        if (count === 0) throw new AccountsError('room_grant_not_found');
      },
      { action: 'room_grant.removed', target: { type: 'room', id: roomId, name }, details: { user_id: userId } },
    );
  }
}
