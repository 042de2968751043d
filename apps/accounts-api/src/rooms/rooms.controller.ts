import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { AskedBy, type Caller } from '../access/caller.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { continuationOf, type Page } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { participantNameOf } from '../profiles/caller-profile.js';
import { connectRoom } from './connect-room.js';
import { type NewRoom, newRoomSchema, roomsPageSchema, type RoomUpdate, roomUpdateSchema, toRoom } from './rooms.schema.js';
import { RoomsStore } from './rooms.store.js';

@Controller('accounts/projects/:projectId/rooms')
export class RoomsController {
  constructor(
    private readonly rooms: RoomsStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@Param('projectId') projectId: string, @ParsedBody(newRoomSchema) room: NewRoom) {
    return toRoom(await this.rooms.create(projectId, room));
  }

  @Get()
  async list(@Param('projectId') projectId: string, @ParsedQuery(roomsPageSchema) page: Page) {
    const { rooms, total } = await this.rooms.list(projectId, page);
    return { rooms: rooms.map(toRoom), total, continuation_token: continuationOf(page, rooms.length, total) };
  }

  @Get(':room')
  async get(@Param('projectId') projectId: string, @Param('room') idOrName: string) {
    return toRoom(await this.rooms.get(projectId, idOrName));
  }

  @Put(':room')
  async update(@Param('projectId') projectId: string, @Param('room') idOrName: string, @ParsedBody(roomUpdateSchema) update: RoomUpdate) {
    return toRoom(await this.rooms.update(projectId, idOrName, update));
  }

  @Delete(':room')
  async remove(@Param('projectId') projectId: string, @Param('room') idOrName: string) {
    await this.rooms.remove(projectId, idOrName);
    return { ok: true };
  }

  @Post(':room/connect')
  @HttpCode(200)
  async connect(@AskedBy() caller: Caller, @Param('projectId') projectId: string, @Param('room') idOrName: string) {
    return connectRoom(await this.rooms.get(projectId, idOrName), participantNameOf(caller), this.config);
  }
}
