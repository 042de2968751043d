import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { continuationOf, type Page, pageSchema } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { MembersStore } from '../members/members.store.js';
import { toRoom } from '../rooms/rooms.schema.js';
import { RoomsStore } from '../rooms/rooms.store.js';
import { type NewRoomGrant, nothingSchema, roomCountsSchema, roomGrantAnswerSchema, roomGrantSchema, roomGrantsSchema, toRoomGrant, toUserCount, userCountsSchema } from './room-grants.schema.js';
import { RoomGrantsStore } from './room-grants.store.js';

@Controller('accounts/projects/:projectId/room-grants')
export class RoomGrantsController {
  constructor(
    private readonly grants: RoomGrantsStore,
    private readonly rooms: RoomsStore,
    private readonly members: MembersStore,
  ) {}

  @Post()
  @HttpCode(200)
  @Answers(nothingSchema)
  @Refuses('room_not_found', 'member_not_found')
  async create(@Param('projectId') projectId: string, @ParsedBody(roomGrantSchema) grant: NewRoomGrant) {
    await this.write(projectId, grant);
    return {};
  }

  /** Older clients put any id in the path and what they mean in the body. */
  @Put(':grantId')
  @Answers(nothingSchema)
  @Refuses('room_not_found', 'member_not_found')
  async update(@Param('projectId') projectId: string, @ParsedBody(roomGrantSchema) grant: NewRoomGrant) {
    await this.write(projectId, grant);
    return {};
  }

  @Get()
  @Answers(roomGrantsSchema)
  list(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    return this.page(projectId, page);
  }

  @Get('by-room')
  @Answers(roomCountsSchema)
  async byRoom(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { counts, total } = await this.grants.countByRoom(projectId, page);
    return { rooms: counts.map(({ room, count }) => ({ room: toRoom(room), count })), total, continuation_token: continuationOf(page, counts.length, total) };
  }

  @Get('by-user')
  @Answers(userCountsSchema)
  async byUser(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { counts, total } = await this.grants.countByUser(projectId, page);
    return { users: counts.map(toUserCount), total, continuation_token: continuationOf(page, counts.length, total) };
  }

  @Get('by-room/:room')
  @Answers(roomGrantsSchema)
  @Refuses('room_not_found')
  async ofRoom(@Param('projectId') projectId: string, @Param('room') idOrName: string, @ParsedQuery(pageSchema) page: Page) {
    return this.page(projectId, page, { roomId: (await this.rooms.get(projectId, idOrName)).id });
  }

  @Get('by-user/:userId')
  @Answers(roomGrantsSchema)
  ofUser(@Param('projectId') projectId: string, @Param('userId') userId: string, @ParsedQuery(pageSchema) page: Page) {
    return this.page(projectId, page, { userId });
  }

  @Get(':room/:userId')
  @Answers(roomGrantAnswerSchema)
  @Refuses('room_not_found', 'room_grant_not_found')
  async get(@Param('projectId') projectId: string, @Param('room') idOrName: string, @Param('userId') userId: string) {
    const { id } = await this.rooms.get(projectId, idOrName);
    const grant = await this.grants.find(projectId, id, userId);
    if (!grant) throw new AccountsError('room_grant_not_found');
    return toRoomGrant(grant);
  }

  @Delete(':room/:userId')
  @Answers(okSchema)
  @Refuses('room_not_found', 'room_grant_not_found')
  async remove(@Param('projectId') projectId: string, @Param('room') idOrName: string, @Param('userId') userId: string) {
    await this.grants.remove(await this.rooms.get(projectId, idOrName), userId);
    return OK;
  }

  private async write(projectId: string, { room_id, user_id, email, permissions }: NewRoomGrant): Promise<void> {
    const room = await this.rooms.get(projectId, room_id);
    const member = await this.members.findSubject(projectId, { id: user_id, email });
    if (!member || member.invited) throw new AccountsError('member_not_found');
    await this.grants.set(room, member.id, permissions);
  }

  private async page(projectId: string, page: Page, of?: { roomId?: string; userId?: string }) {
    const { grants, total } = await this.grants.list(projectId, page, of);
    return { room_grants: grants.map(toRoomGrant), total, continuation_token: continuationOf(page, grants.length, total) };
  }
}
