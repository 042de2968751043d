import { z } from 'zod';
import { pageEnd, storedObject } from '../http/answer.schema.js';
import { emailAddress, jsonObject, text } from '../http/fields.schema.js';
import type { Prisma } from '../database/database.js';
import { profileSchema } from '../members/members.schema.js';
import { roomSchema, toRoom } from '../rooms/rooms.schema.js';

/** `permissions` is the API scope of the tokens that the member gets for the room. */
export const roomGrantSchema = z
  .object({ room_id: text(200).min(1), user_id: text(200).nullish(), email: emailAddress().nullish(), permissions: jsonObject() })
  .refine(({ user_id, email }) => user_id || email, { path: ['user_id'], message: 'name the user by user_id or by email' });

export type NewRoomGrant = z.infer<typeof roomGrantSchema>;

export type StoredRoomGrant = Prisma.RoomGrantGetPayload<{ include: { room: true; member: { include: { user: true } } } }>;

export const roomGrantAnswerSchema = z
  .object({ room: roomSchema, user_id: z.uuid(), user: profileSchema, permissions: storedObject().describe('API scope of the tokens for the room.') })
  .meta({ id: 'RoomGrant' });

export const roomGrantsSchema = z.object({ room_grants: z.array(roomGrantAnswerSchema), ...pageEnd });
export const roomCountsSchema = z.object({ rooms: z.array(z.object({ room: roomSchema, count: z.int() })), ...pageEnd });
export const userCountsSchema = z.object({
  users: z.array(z.object({ user_id: z.uuid(), count: z.int(), first_name: z.string().nullable(), last_name: z.string().nullable(), email: z.string() })),
  ...pageEnd,
});

/** A member, and how many rooms were opened to them. */
export interface UserCount {
  id: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  count: number;
}

export const toUserCount = ({ id, count, firstName, lastName, email }: UserCount): z.infer<typeof userCountsSchema>['users'][number] => ({
  user_id: id,
  count,
  first_name: firstName,
  last_name: lastName,
  email,
});

/** Older clients read nothing into it. */
export const nothingSchema = z.object({});

export const toRoomGrant = ({ room, userId, permissions, member: { user } }: StoredRoomGrant): z.infer<typeof roomGrantAnswerSchema> => ({
  room: toRoom(room),
  user_id: userId,
  user: { id: user.id, first_name: user.firstName, last_name: user.lastName, email: user.email },
  permissions: permissions as Record<string, unknown>,
});
