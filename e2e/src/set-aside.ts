import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { System } from './system.js';

const COMMAND = fileURLToPath(new URL('../../libs/usage-stream/dist/set-aside.command.js', import.meta.url));
const run = promisify(execFile);

const command = async (system: System, ...args: string[]): Promise<string> => {
  const { stdout } = await run(process.execPath, [COMMAND, ...args], { env: { ...process.env, ...(await system.variables('operator.env')) } });
  return stdout;
};

/** The operator's command, as an operator runs it. */
export const listSetAside = (system: System): Promise<string> => command(system, 'list', '--topic', 'llm.usage.v1');
export const replaySetAside = (system: System): Promise<string> => command(system, 'replay', '--all', '--topic', 'llm.usage.v1');
