import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newPassword } from '@llm-proxy/accounts-api';
import { z } from 'zod';

export const secretsSchema = z.object({
  /** Seals provider keys and API key secrets. Losing it loses them. */
  KEY_ENCRYPTION_KEY: z.string(),
  SERVICE_CREDENTIAL: z.string(),
  MESHAGENT_SECRET: z.string(),
  OPERATOR_TOKEN: z.string(),
  /** First password of the first user. */
  ADMIN_PASSWORD: z.string(),
});

export type Secrets = z.infer<typeof secretsSchema>;

/** Folders of earlier releases have no password. */
const keptSecretsSchema = secretsSchema.partial({ ADMIN_PASSWORD: true });

/**
 * The deployment's own secrets: made at the first start, kept in a file that only its owner can read. What is given from
 * outside wins and is not written down.
 */
export const loadSecrets = async (dataDir: string, given: Partial<Secrets>): Promise<Secrets> => {
  const file = path.join(dataDir, 'secrets.json');
  const kept = await readSecrets(file);
  const secrets: Secrets = { ...newSecrets(), ...kept };
  if (kept?.ADMIN_PASSWORD === undefined) await writeSecrets(file, secrets);
  const names = Object.keys(secrets) as (keyof Secrets)[];
  return Object.fromEntries(names.map((name) => [name, given[name] ?? secrets[name]])) as Secrets;
};

const newSecrets = (): Secrets => ({
  KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  SERVICE_CREDENTIAL: randomBytes(32).toString('base64url'),
  MESHAGENT_SECRET: randomBytes(32).toString('base64url'),
  OPERATOR_TOKEN: `operator.${randomBytes(32).toString('base64url')}`,
  ADMIN_PASSWORD: newPassword(),
});

const readSecrets = async (file: string): Promise<z.infer<typeof keptSecretsSchema> | null> => {
  try {
    return keptSecretsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    // Never overwritten: new keys would make every sealed secret in the database unreadable.
    throw new Error(`${file} cannot be read; restore it from a backup, or move the data folder away to start anew.`, { cause: error });
  }
};

const writeSecrets = async (file: string, secrets: Secrets): Promise<void> => {
  await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
};
