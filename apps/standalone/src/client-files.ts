import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface ClientSettings {
  publicUrl: string;
  projectId: string;
  room: string;
  apiKey: string;
}

const exportLines = (variables: Record<string, string>): string =>
  Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`)
    .join('');

/** `<data>/env`: for a client on this machine, to be sourced. */
export const clientEnvironment = ({ publicUrl, projectId, room, apiKey }: ClientSettings): Record<string, string> => ({
  MESHAGENT_API_URL: publicUrl,
  MESHAGENT_PROJECT_ID: projectId,
  MESHAGENT_ROOM: room,
  MESHAGENT_API_KEY: apiKey,
  OPENAI_BASE_URL: `${publicUrl}/openai/v1`,
  OPENAI_API_KEY: apiKey,
  ANTHROPIC_BASE_URL: `${publicUrl}/anthropic`,
  ANTHROPIC_API_KEY: apiKey,
});

/** Files hold credentials: only their owner may read them. */
export const writeEnvironmentFile = async (file: string, variables: Record<string, string>): Promise<void> => {
  await writeFile(`${file}.new`, exportLines(variables), { mode: 0o600 });
  await rename(`${file}.new`, file);
};

/** The API key of an earlier start; the database holds only its sealed secret. Null when the file is gone or is another project's. */
export const readKeptApiKey = async (dataDir: string, projectId: string): Promise<string | null> => {
  const text = await readFile(path.join(dataDir, 'env'), 'utf8').catch(() => '');
  const value = (name: string) => new RegExp(`^export ${name}='([^']*)'$`, 'm').exec(text)?.[1] ?? null;
  return value('MESHAGENT_PROJECT_ID') === projectId ? value('MESHAGENT_API_KEY') : null;
};
