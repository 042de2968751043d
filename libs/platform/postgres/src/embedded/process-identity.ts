import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Field 22 of /proc/<pid>/stat, counted after the command name, which may itself hold spaces and brackets. */
const START_TIME_FIELD = 19;

const onLinux = process.platform === 'linux';

const ps = (pid: number, column: 'lstart=' | 'command='): string | null => {
  const answer = spawnSync('ps', ['-ww', '-o', column, '-p', String(pid)], { encoding: 'utf8' });
  const text = answer.status === 0 ? answer.stdout.trim() : '';
  return text === '' ? null : text;
};

const readOrNull = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

/**
 * When the process started, in a form that only serves comparison; null when there is none. A pid alone does not name a
 * process: pids are reused, and in a restarted container the very first one is.
 */
export const startOf = (pid: number): string | null => {
  if (!onLinux) return ps(pid, 'lstart=');
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return null;
  return `${readOrNull('/proc/sys/kernel/random/boot_id')?.trim()} ${fields[START_TIME_FIELD - 1]}`;
};

/** Command line of a running process, its arguments separated by blanks; null when there is no such process. */
export const commandOf = (pid: number): string | null => {
  if (startOf(pid) === null) return null;
  return onLinux ? (readOrNull(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? null) : ps(pid, 'command=');
};
