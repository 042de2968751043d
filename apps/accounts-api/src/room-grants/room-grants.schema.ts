import { z } from 'zod';
import { emailAddress, jsonObject, text } from '../http/fields.schema.js';
import type { Prisma } from '../database/database.js';
import { toRoom } from '../rooms/rooms.schema.js';

/** `permissions` is the API scope of the tokens that the member gets for the room. */
export const roomGrantSchema = z
  .object({ room_id: text(200).min(1), user_id: text(200).nullish(), email: emailAddress().nullish(), permissions: jsonObject() })
  .refine(({ user_id, email }) => user_id || email, { path: ['user_id'], message: 'name the user by user_id or by email' });

export type NewRoomGrant = z.infer<typeof roomGrantSchema>;

export type StoredRoomGrant = Prisma.RoomGrantGetPayload<{ include: { room: true; member: { include: { user: true } } } }>;

export const toRoomGrant = ({ room, userId, permissions, member: { user } }: StoredRoomGrant) => ({
  room: toRoom(room),
  user_id: userId,
  user: { id: user.id, first_name: user.firstName, last_name: user.lastName, email: user.email },
  permissions,
});
