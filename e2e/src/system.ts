import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@llm-proxy/testing';
import { until } from './until.js';

const MAIN = fileURLToPath(new URL('../../apps/standalone/dist/main.js', import.meta.url));
/** Four seconds of CPU, which a busy machine hands out slowly. */
const START_TIMEOUT_MS = 180_000;
const CLOCK_TICKS_PER_SECOND = 100;

export interface SystemOptions {
  /** Kept when given, so that a second system can start on it; else a new one, removed at the end. */
  dataDir?: string;
  port?: number;
  env?: Record<string, string>;
}

/** The built product in a process of its own, as `npm start` runs it. */
export interface System {
  baseUrl: string;
  projectId: string;
  room: string;
  apiKey: string;
  dataDir: string;
  port: number;
  process: ChildProcess;
  /** What it wrote so far. */
  output(): string;
  /** Exported lines of `<data>/env` or `<data>/operator.env`. */
  variables(file?: string): Promise<Record<string, string>>;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Stops it when it runs, and removes a data folder of its own. */
  dispose(): Promise<void>;
}

/** Provider keys of whoever runs the tests must not be used by them. */
const withoutProviderKeys = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(OPENAI|ANTHROPIC|GROK|XAI|DATABASE_URL|KAFKA_BROKERS|REDIS_URL|PORT$|DATA_DIR$)/.test(name)));

const newDataDir = async (): Promise<string> => {
  const directory = await mkdtemp(path.join(tmpdir(), 'llm-proxy-e2e-'));
  // As the product makes it: under root PostgreSQL runs as another user.
  await chmod(directory, 0o711);
  return directory;
};

/** Tells a start that hangs from one that a busy machine did not let run. */
const cpuSecondsOf = async (pid: number | undefined): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? 'an unknown number of' : String((Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND);
};

export const startSystem = async (options: SystemOptions = {}): Promise<System> => {
  const dataDir = options.dataDir ?? (await newDataDir());
  const port = options.port ?? (await freePort());
  const child = spawn(process.execPath, ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning', MAIN], {
    env: { ...withoutProviderKeys(process.env), PORT: String(port), DATA_DIR: dataDir, NODE_OPTIONS: '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const output = () => Buffer.concat(chunks).toString();
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));

  const variables = async (file = 'env') => {
    const text = await readFile(path.join(dataDir, file), 'utf8');
    return Object.fromEntries([...text.matchAll(/^export (\w+)='([^']*)'$/gm)].map((match) => [match[1]!, match[2]!]));
  };
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    return exited;
  };
  const baseUrl = `http://127.0.0.1:${port}`;
  try {
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error('ended');
        return output().includes('LLM proxy is ready.') && (await fetch(`${baseUrl}/readyz`)).ok;
      },
      { timeoutMs: START_TIMEOUT_MS, stopWhen: () => child.exitCode !== null },
    );
  } catch (error) {
    const cpuSeconds = await cpuSecondsOf(child.pid);
    child.kill('SIGKILL');
    throw new Error(`The system did not start, with ${cpuSeconds} s of CPU (four are enough):\n${output()}`, { cause: error });
  }
  const client = await variables();
  return {
    baseUrl,
    projectId: client['MESHAGENT_PROJECT_ID']!,
    room: client['MESHAGENT_ROOM']!,
    apiKey: client['MESHAGENT_API_KEY']!,
    dataDir,
    port,
    process: child,
    output,
    variables,
    stop,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    dispose: async () => {
      await stop();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
};
