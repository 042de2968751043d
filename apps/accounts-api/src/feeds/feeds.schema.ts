import { z } from 'zod';
import type { Feed } from '../generated/client.js';
import { instantText, pageEnd } from '../http/answer.schema.js';
import { descriptionText, jsonObject, jsonObjectOrNone, text } from '../http/fields.schema.js';
import { isRoomName, roomName } from '../rooms/rooms.schema.js';
import { type MessageSchema, problemOfSchema } from './message-schema.js';

/** Rooms' rule for names, once it is in lower case. */
export const toFeedName = (name: string): string => name.trim().toLowerCase();

export const isFeedName = isRoomName;

const feedName = () => z.string().max(200).transform(toFeedName).pipe(roomName());

/** `private`: for those who manage feeds or see all of them; `project` and `public`: for every member. Nobody else reads any feed. */
const visibility = z.enum(['public', 'project', 'private']);

const messageSchema = z.union([z.boolean(), jsonObject()]).superRefine((schema, context) => {
  const problem = problemOfSchema(schema);
  if (problem !== null) context.addIssue({ code: 'custom', message: `is no usable JSON Schema: ${problem}` });
});

const paused = () =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? false);

export const newFeedSchema = z.object({
  name: feedName(),
  description: descriptionText(),
  visibility: visibility.nullish().transform((value) => value ?? 'private'),
  paused: paused(),
  annotations: jsonObjectOrNone(),
  message_schema: messageSchema.nullish().transform((value) => value ?? null),
});

/** What is absent stays as it is, and so does null, except that it takes the schema away. */
export const feedUpdateSchema = z.object({
  name: feedName().nullish(),
  description: text(4_000).nullish(),
  visibility: visibility.nullish(),
  paused: z.boolean().nullish(),
  annotations: jsonObject().nullish(),
  message_schema: messageSchema.nullish(),
});

export type NewFeed = z.infer<typeof newFeedSchema>;
export type FeedUpdate = z.infer<typeof feedUpdateSchema>;

const feedSchema = z
  .object({
    id: z.uuid(),
    project_id: z.uuid(),
    created_at: instantText(),
    name: z.string(),
    description: z.string(),
    visibility,
    paused: z.boolean(),
    annotations: z.record(z.string(), z.json()),
    message_schema: z.union([z.record(z.string(), z.json()), z.boolean()]).nullable().describe('JSON Schema that messages fit; null: they may be anything.'),
    desired_generation: z.int(),
    applied_generation: z.int().describe('Changes hold at once, so this is always the desired one.'),
  })
  .meta({ id: 'Feed' });

export const feedAnswerSchema = z.object({ feed: feedSchema });
export const feedsAnswerSchema = z.object({ feeds: z.array(feedSchema), ...pageEnd });

export const messageSchemaOf = (feed: Pick<Feed, 'messageSchema'>): MessageSchema | null => feed.messageSchema as MessageSchema | null;

export const toFeed = (feed: Feed): z.infer<typeof feedSchema> => ({
  id: feed.id,
  project_id: feed.projectId,
  created_at: feed.createdAt.toISOString(),
  name: feed.name,
  description: feed.description,
  visibility: visibility.parse(feed.visibility),
  paused: feed.paused,
  annotations: feed.annotations as z.infer<typeof feedSchema>['annotations'],
  message_schema: feed.messageSchema as z.infer<typeof feedSchema>['message_schema'],
  desired_generation: feed.generation,
  applied_generation: feed.generation,
});
