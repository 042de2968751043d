import { z } from 'zod';
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
export const toProjectInfo = (project: Project, settings: object | null) => ({
  id: project.id,
  owner_user_id: project.ownerUserId,
  name: project.name,
  project_key: project.projectKey,
  created_at: project.createdAt.toISOString(),
  settings,
});

export type ProjectInfo = ReturnType<typeof toProjectInfo>;
