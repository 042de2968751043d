import { assignableRoles } from '@llm-proxy/shared-auth';
import { z } from 'zod';
import { text } from '../http/fields.schema.js';
import { isPermission, mayDo, type Permission, permissions, type Role, type Standing } from './permissions.js';
import { resourceSchema, roleGrantSchema, subjectSchema } from './subject.schema.js';

const relation = () => text(200).min(1);

export const accessTestSchema = z.object({ subject: subjectSchema, resource: resourceSchema, relation: relation() });
export const effectiveAccessSchema = z.object({ subject: subjectSchema, resource: resourceSchema, relations: z.array(relation()).max(200).nullish() });
export const bindingsSchema = z.object({ subject: subjectSchema });

export const accessTestAnswerSchema = z.object({ allowed: z.boolean(), resource: resourceSchema, subject: subjectSchema, relation: z.string() });
export const effectiveAccessAnswerSchema = z.object({
  resource: resourceSchema,
  subject: subjectSchema,
  effective_roles: z.array(z.string()).describe('Inherited ones included.'),
  capabilities: z.record(z.string(), z.boolean()),
});
export const bindingsAnswerSchema = z.object({ access_grants: z.array(roleGrantSchema) });

/** A relation is a role or a permission; what is neither is held by nobody. */
export const holds = (standing: Standing | null, name: string): boolean => {
  if (standing === null) return false;
  return isPermission(name) ? mayDo(standing, name) : standing.roles.has(name as Role);
};

const PROJECT_PERMISSIONS = (Object.keys(permissions) as Permission[]).filter((name) => !(permissions[name].roles as readonly Role[]).includes('operator'));

export const effectiveRolesOf = (standing: Standing | null): string[] => ['owner', ...assignableRoles].filter((role) => standing?.roles.has(role as Role));

/** @param relations null: everything that can be done in a project */
export const capabilitiesOf = (standing: Standing | null, relations: readonly string[] | null): Record<string, boolean> =>
  Object.fromEntries((relations ?? PROJECT_PERMISSIONS).map((name) => [name, holds(standing, name)]));
