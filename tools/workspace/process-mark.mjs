import { existsSync, readFileSync } from 'node:fs';

const exists = (/** @type {number} */ pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH';
  }
};

/** Where /proc is: when the process started, in ticks since the machine did. */
const startTicks = (/** @type {number} */ pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Counted from behind the command's name, which may hold blanks and brackets itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

/** Names this process in a file: by its number, and by what tells it from a later process with the same number. */
export const ownMark = () => [process.pid, startTicks(process.pid) ?? ''].join(' ').trim();

/** Whether the process that wrote the mark still runs. */
export const isMarkAlive = (/** @type {string} */ mark) => {
  const [pid, ticks] = mark.trim().split(' ');
  if (!Number(pid) || !exists(Number(pid))) return false;
  return ticks === undefined || !existsSync('/proc/self/stat') || startTicks(Number(pid)) === ticks;
};
