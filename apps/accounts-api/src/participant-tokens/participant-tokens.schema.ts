import { agentDefaultApiScope } from '@llm-proxy/shared-auth';
import { z } from 'zod';
import { jsonObject, nameText, text } from '../http/fields.schema.js';
import { roomName } from '../rooms/rooms.schema.js';

const grants = () => z.array(z.object({ name: text(100).min(1), scope: z.json() })).max(50);

/** Either whole grants, or the parts they are made of. Without `api` the token gets what a program usually needs, model calls included. */
export const newParticipantTokenSchema = z
  .object({
    name: nameText(),
    grants: grants().nullish(),
    room_name: roomName().nullish(),
    role: z.enum(['user', 'agent', 'tool']).nullish(),
    api: jsonObject().nullish(),
  })
  .transform(({ name, grants: whole, room_name, role, api }) => ({
    name,
    grants: whole ?? [
      ...(role && role !== 'user' ? [{ name: 'role', scope: role }] : []),
      { name: 'api', scope: api ?? agentDefaultApiScope() },
      ...(room_name ? [{ name: 'room', scope: room_name }] : []),
    ],
  }));

export type NewParticipantToken = z.infer<typeof newParticipantTokenSchema>;

export const validationSchema = z.object({ token: z.string() });

export const mintedTokenSchema = z.object({ token: z.string() });

/** What a valid token says, claims that only its minter understands included. */
export const claimsSchema = z
  .looseObject({
    name: z.string(),
    grants: z.array(z.object({ name: z.string(), scope: z.unknown() })),
    sub: z.string().optional().describe('Project id.'),
    kid: z.string().optional().describe('Id of the API key that signed it.'),
    version: z.string().optional(),
    exp: z.number().optional(),
    nbf: z.number().optional(),
    iat: z.number().optional(),
  })
  .meta({ id: 'ParticipantClaims' });
