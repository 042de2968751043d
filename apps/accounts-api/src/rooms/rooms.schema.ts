import { z } from 'zod';
import { pageEnd, storedObject } from '../http/answer.schema.js';
import { jsonObject, jsonObjectOrNone } from '../http/fields.schema.js';
import { pageSchema } from '../http/paging.schema.js';
import type { Room } from '../generated/client.js';

const ROOM_NAME = /^(?=.{1,63}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

export const isRoomName = (text: string): boolean => ROOM_NAME.test(text);

export const roomName = () => z.string().regex(ROOM_NAME, 'must be 1 to 63 of a-z, 0-9 and -, not starting or ending with -');

export const newRoomSchema = z.object({
  name: roomName(),
  if_not_exists: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  metadata: jsonObjectOrNone(),
  annotations: jsonObjectOrNone(),
  /** By user id: the room is opened to these members. */
  permissions: z
    .record(z.uuid(), jsonObject())
    .nullish()
    .transform((value) => value ?? {}),
});

/** Null and absent leave a field as it is. */
export const roomUpdateSchema = z.object({
  name: roomName().nullish(),
  metadata: jsonObject().nullish(),
  annotations: jsonObject().nullish(),
  enabled: z.boolean().nullish(),
});

export const roomsPageSchema = pageSchema;

export type NewRoom = z.infer<typeof newRoomSchema>;
export type RoomUpdate = z.infer<typeof roomUpdateSchema>;

export const roomSchema = z
  .object({ id: z.uuid(), name: z.string(), metadata: storedObject(), annotations: storedObject(), enabled: z.boolean() })
  .meta({ id: 'Room' });

export const roomsSchema = z.object({ rooms: z.array(roomSchema), ...pageEnd });

export const connectionSchema = z.object({
  jwt: z.string().describe('Participant token for the room.'),
  room_name: z.string(),
  project_id: z.uuid(),
  room_url: z.string(),
});

export const toRoom = ({ id, name, metadata, annotations, enabled }: Room): z.infer<typeof roomSchema> => ({
  id,
  name,
  metadata: metadata as Record<string, unknown>,
  annotations: annotations as Record<string, unknown>,
  enabled,
});
