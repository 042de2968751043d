import { modelPolicySchema } from '@llm-proxy/shared-auth';
import { z } from 'zod';
import { storedObject } from '../http/answer.schema.js';
import { jsonObject } from '../http/fields.schema.js';
import { integrationDocumentSchema } from '../integrations/integrations.schema.js';

const SECRET_NAME = /(api_?key|secret|token|password)$/i;

/** `admission` and `room` are stored and shown as they are, so nothing secret may stand in them. */
const holdsNoSecret = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.every(holdsNoSecret);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => !(SECRET_NAME.test(name) && typeof member === 'string' && member !== '') && holdsNoSecret(member));
};

const openDocument = () => jsonObject().refine(holdsNoSecret, 'secrets cannot be kept in this document, because it is shown to every admin');

const roomRole = z.strictObject({ participant: z.strictObject({ api: jsonObject() }).nullish(), site_user: z.boolean().optional() });

/** Documents that are validated, stored and shown as they are, but for the secrets of `otel`, which are sealed. Gateways act on `router`; the others are kept for the clients that wrote them. */
export const settingsDocuments = {
  router: modelPolicySchema,
  otel: jsonObject(),
  admission: openDocument(),
  room: openDocument(),
  'room-roles': z.strictObject({ roles: z.partialRecord(z.enum(['guest', 'viewer', 'operator', 'developer', 'admin']), roomRole) }),
} as const satisfies Record<string, z.ZodType>;

export type SettingsDocumentName = keyof typeof settingsDocuments;

/** A document as it is shown: of a provider, of the ones above, or whatever an open one holds. */
export const settingsDocumentAnswerSchema = z.union([integrationDocumentSchema, modelPolicySchema, storedObject()]).meta({ id: 'SettingsDocument' });

/** Null: no such document. One of the clients writes `room_roles`. */
export const documentNameOf = (name: string): SettingsDocumentName | null => {
  const known = name === 'room_roles' ? 'room-roles' : name;
  return Object.hasOwn(settingsDocuments, known) ? (known as SettingsDocumentName) : null;
};
