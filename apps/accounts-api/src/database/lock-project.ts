import { AccountsError } from '../accounts.errors.js';
import type { Transaction } from './database.js';

/**
 * Nobody else who locks it counts or adds to what the project has until the transaction ends.
 * @throws AccountsError `project_not_found`
 */
export const lockProject = async (transaction: Transaction, projectId: string): Promise<void> => {
  const locked = await transaction.$queryRaw<unknown[]>`SELECT 1 FROM accounts.projects WHERE id = ${projectId}::uuid FOR NO KEY UPDATE`;
  if (locked.length === 0) throw new AccountsError('project_not_found');
};
