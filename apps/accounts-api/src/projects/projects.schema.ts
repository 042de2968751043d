import { z } from 'zod';
import { instantText, storedObject } from '../http/answer.schema.js';
import { jsonObject, nameText } from '../http/fields.schema.js';
import type { Project } from '../generated/client.js';

const PROJECT_KEY = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

export const isProjectKey = (text: string): boolean => PROJECT_KEY.test(text);

export const newProjectSchema = z.object({
  name: nameText(),
  project_key: z.string().regex(PROJECT_KEY, 'must be 1 to 63 of a-z, 0-9 and -, not starting or ending with -').optional(),
  settings: jsonObject().nullish(),
});

export const projectStatusSchema = z.object({ enabled: z.boolean() });

/** The project as clients of all ages know it. */
export const projectInfoSchema = z
  .object({
    id: z.uuid(),
    owner_user_id: z.uuid().nullable(),
    name: z.string(),
    project_key: z.string(),
    created_at: instantText(),
    settings: storedObject().nullable().describe('The whole-object form of older clients, without keys; null for whoever may not see settings.'),
  })
  .meta({ id: 'Project' });

export const projectsSchema = z.object({ projects: z.array(projectInfoSchema) });

export type ProjectInfo = z.infer<typeof projectInfoSchema>;

/** A caller's standing, as older clients read it. */
export const projectRoleSchema = z.object({
  role: z.enum(['admin', 'developer', 'member']),
  is_admin: z.boolean(),
  is_developer: z.boolean(),
  can_create_rooms: z.boolean(),
  can_create_agents: z.boolean(),
  can_use_llm_proxy: z.boolean(),
});

export const toProjectInfo = (project: Project, settings: Record<string, unknown> | null): ProjectInfo => ({
  id: project.id,
  owner_user_id: project.ownerUserId,
  name: project.name,
  project_key: project.projectKey,
  created_at: project.createdAt.toISOString(),
  settings,
});
