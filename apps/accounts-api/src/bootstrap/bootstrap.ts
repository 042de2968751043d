import { randomUUID } from 'node:crypto';
import { SecretBox } from '@llm-proxy/shared-auth';
import type { AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { insertApiKey } from '../api-keys/api-keys.store.js';
import { type Database, migrate, openDatabase, type Transaction } from '../database/database.js';
import type { Bootstrap } from '../generated/client.js';
import { recordPolicyChange } from '../policy/policy-changes.js';
import { DEFAULT_SERVICE_ACCOUNT, withProjectKey } from '../projects/project-key.js';
import { insertProject } from '../projects/projects.store.js';
import { isRoomName } from '../rooms/rooms.schema.js';
import { hashPassword } from '../sign-in/password.js';

export interface BootstrapOptions {
  config: Pick<AccountsApiConfig, 'DATABASE_URL' | 'KEY_ENCRYPTION_KEY'>;
  projectName: string;
  roomName: string;
  userEmail: string;
  /** Set when the first user has none yet; a password set later stays. */
  userPassword?: string;
}

export interface Bootstrapped {
  userId: string;
  projectId: string;
  room: string;
  /** Value of the API key; only from the call that made it. */
  apiKey?: string;
  created: boolean;
}

/** Any fixed number: first starts wait for each other. */
const BOOTSTRAP_LOCK = 5_107_340_882;

/**
 * Makes the first user, project, room and API key, once in the life of a database; migrates it first. Later calls answer what the first
 * one made, whatever their options say.
 * @throws AccountsError `invalid_request` when the room name is none
 */
export const bootstrap = async (options: BootstrapOptions): Promise<Bootstrapped> =>
  withDatabase(options.config.DATABASE_URL, (database) =>
    withProjectKey({ name: options.projectName }, (projectKey) =>
      database.$transaction(async (transaction) => {
        await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${BOOTSTRAP_LOCK}::bigint)`;
        const done = await transaction.bootstrap.findUnique({ where: { id: 1 } });
        const result = done ? resultOf(done) : await createFirst(transaction, options, projectKey);
        if (options.userPassword !== undefined) await givePassword(transaction, result.userId, options.userPassword);
        return result;
      }),
    ),
  );

/**
 * A further API key of the project's default service account, for an owner who lost the first one's value.
 * @returns the value
 */
export const issueApiKey = async (options: { config: BootstrapOptions['config']; projectId: string; name: string }): Promise<string> =>
  withDatabase(options.config.DATABASE_URL, (database) =>
    database.$transaction(async (transaction) => {
      const { projectId, name } = options;
      const where = { projectId_name: { projectId, name: DEFAULT_SERVICE_ACCOUNT } };
      const account = await transaction.serviceAccount.findUniqueOrThrow({ where });
      const box = new SecretBox(options.config.KEY_ENCRYPTION_KEY);
      const { value } = await insertApiKey(transaction, box, { projectId, serviceAccountId: account.id }, { name, description: '' });
      await recordPolicyChange(transaction, projectId);
      return value;
    }),
  );

const createFirst = async (transaction: Transaction, options: BootstrapOptions, projectKey: string): Promise<Bootstrapped> => {
  if (!isRoomName(options.roomName)) throw new AccountsError('invalid_request', `${options.roomName} cannot be the name of a room.`);
  const email = options.userEmail.toLowerCase();
  const user = await transaction.user.upsert({ where: { email }, create: { email }, update: {} });
  const project = await insertProject(transaction, { id: randomUUID(), name: options.projectName, projectKey, ownerUserId: user.id });
  const room = await transaction.room.create({ data: { projectId: project.id, name: options.roomName } });
  const account = await transaction.serviceAccount.findFirstOrThrow({ where: { projectId: project.id } });
  const owner = { projectId: project.id, serviceAccountId: account.id };
  const { value } = await insertApiKey(transaction, new SecretBox(options.config.KEY_ENCRYPTION_KEY), owner, { name: 'first key', description: '' });
  const done = await transaction.bootstrap.create({ data: { userId: user.id, projectId: project.id, room: room.name } });
  await recordPolicyChange(transaction, project.id);
  return { ...resultOf(done), apiKey: value, created: true };
};

const givePassword = async (transaction: Transaction, userId: string, password: string): Promise<void> => {
  if ((await transaction.user.count({ where: { id: userId, passwordHash: null } })) === 0) return;
  await transaction.user.updateMany({ where: { id: userId }, data: { passwordHash: await hashPassword(password) } });
};

const resultOf = ({ userId, projectId, room }: Bootstrap): Bootstrapped => ({ userId, projectId, room, created: false });

const withDatabase = async <Result>(databaseUrl: string, work: (database: Database) => Promise<Result>): Promise<Result> => {
  await migrate(databaseUrl);
  const database = openDatabase(databaseUrl);
  try {
    return await work(database);
  } finally {
    await database.$disconnect();
  }
};
