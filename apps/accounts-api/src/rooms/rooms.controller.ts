import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { agentDefaultApiScope, type ApiScope } from '@llm-proxy/shared-auth';
import { AskedBy, type Caller, StandingHere, userIdOf } from '../access/caller.js';
import { mayCallModels, type Standing } from '../access/permissions.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import type { Room } from '../generated/client.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { continuationOf, type Page } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { participantNameOf } from '../profiles/caller-profile.js';
import { RoomGrantsStore } from '../room-grants/room-grants.store.js';
import { connectRoom } from './connect-room.js';
import { roomAccessOf } from './room-access.js';
import { connectionSchema, type NewRoom, newRoomSchema, roomSchema, roomsPageSchema, roomsSchema, type RoomUpdate, roomUpdateSchema, toRoom } from './rooms.schema.js';
import { RoomsStore } from './rooms.store.js';

@Controller('accounts/projects/:projectId/rooms')
export class RoomsController {
  constructor(
    private readonly rooms: RoomsStore,
    private readonly grants: RoomGrantsStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Post()
  @HttpCode(200)
  @Answers(roomSchema)
  @Refuses('room_exists', 'member_not_found')
  async create(@AskedBy() caller: Caller, @StandingHere() standing: Standing, @Param('projectId') projectId: string, @ParsedBody(newRoomSchema) room: NewRoom) {
    return toRoom(await this.rooms.create(projectId, room, roomAccessOf(standing, userIdOf(caller))));
  }

  @Get()
  @Answers(roomsSchema)
  async list(@AskedBy() caller: Caller, @StandingHere() standing: Standing, @Param('projectId') projectId: string, @ParsedQuery(roomsPageSchema) page: Page) {
    const { rooms, total } = await this.rooms.list(projectId, page, roomAccessOf(standing, userIdOf(caller)));
    return { rooms: rooms.map(toRoom), total, continuation_token: continuationOf(page, rooms.length, total) };
  }

  @Get(':room')
  @Answers(roomSchema)
  @Refuses('room_not_found')
  async get(@AskedBy() caller: Caller, @StandingHere() standing: Standing, @Param('projectId') projectId: string, @Param('room') idOrName: string) {
    const room = await this.rooms.get(projectId, idOrName);
    if (!(await this.permissionsFor(room, caller, standing))) throw new AccountsError('room_not_found');
    return toRoom(room);
  }

  @Put(':room')
  @Answers(roomSchema)
  @Refuses('room_not_found', 'room_exists')
  async update(@Param('projectId') projectId: string, @Param('room') idOrName: string, @ParsedBody(roomUpdateSchema) update: RoomUpdate) {
    return toRoom(await this.rooms.update(projectId, idOrName, update));
  }

  @Delete(':room')
  @Answers(okSchema)
  @Refuses('room_not_found')
  async remove(@Param('projectId') projectId: string, @Param('room') idOrName: string) {
    await this.rooms.remove(projectId, idOrName);
    return OK;
  }

  @Post(':room/connect')
  @HttpCode(200)
  @Answers(connectionSchema)
  @Refuses('room_not_found', 'room_disabled')
  async connect(@AskedBy() caller: Caller, @StandingHere() standing: Standing, @Param('projectId') projectId: string, @Param('room') idOrName: string) {
    const room = await this.rooms.get(projectId, idOrName);
    const permissions = await this.permissionsFor(room, caller, standing);
    if (!permissions) throw new AccountsError('forbidden', 'This room was not opened to you. Ask an admin of the project.');
    return connectRoom(room, { name: participantNameOf(caller), permissions, mayUseLlm: mayCallModels(standing) }, this.config);
  }

  /** What the caller may do in the room; null: it may not use it. */
  private async permissionsFor(room: Room, caller: Caller, standing: Standing): Promise<ApiScope | null> {
    const access = roomAccessOf(standing, userIdOf(caller));
    if (access.all) return agentDefaultApiScope();
    const grant = access.userId === null ? null : await this.grants.find(room.projectId, room.id, access.userId);
    return grant && (grant.permissions as ApiScope);
  }
}
