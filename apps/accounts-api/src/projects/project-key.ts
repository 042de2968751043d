import { randomBytes } from 'node:crypto';
import { AccountsError } from '../accounts.errors.js';
import { isDuplicate } from '../database/database.js';

/** Every project has a service account of this name. */
export const DEFAULT_SERVICE_ACCOUNT = 'default';

export interface NewProject {
  name: string;
  /** Made from the name when absent. */
  projectKey?: string | undefined;
  ownerUserId: string | null;
}

/**
 * Runs the insert with the key asked for, or with one made from the name and, if that is taken, a random ending.
 * @throws AccountsError `project_exists` when the key asked for is taken
 */
export const withProjectKey = async <Result>(
  project: Pick<NewProject, 'name' | 'projectKey'>,
  insert: (projectKey: string) => Promise<Result>,
): Promise<Result> => {
  const derived = projectKeyFrom(project.name);
  try {
    return await insert(project.projectKey ?? derived);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    if (project.projectKey !== undefined) throw new AccountsError('project_exists');
    return insert(`${derived}-${randomBytes(4).toString('hex')}`);
  }
};

/** Letters and digits of the name in lower case, the rest as single dashes; at most 50 characters, so that an ending fits. */
export const projectKeyFrom = (name: string): string => {
  const plain = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return plain.replace(/^-+/, '').slice(0, 50).replace(/-+$/, '') || 'project';
};
