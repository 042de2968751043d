import { readFileSync, readdirSync } from 'node:fs';

/** @typedef {{ pid: number, parent: number, name: string }} Process */

/** @returns {Process[]} none where there is no /proc */
const allProcesses = () => {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        // The name stands in brackets and may itself have some.
        const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(rest[1]), name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')) }];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
};

/** The process and all below it. @param {number} pid */
export const processTree = (pid) => {
  const all = allProcesses();
  const tree = all.filter((process) => process.pid === pid);
  for (const process of tree) tree.push(...all.filter(({ parent }) => parent === process.pid));
  return tree;
};

/** Memory of the processes, shared pages counted once for all. @param {Process[]} processes @returns {number} bytes */
export const proportionalBytes = (processes) =>
  processes.reduce((sum, { pid }) => {
    try {
      return sum + Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0) * 1024;
    } catch {
      return sum;
    }
  }, 0);

/** @param {number} pid */
export const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
