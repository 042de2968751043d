import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { isMarkAlive, ownMark } from './process-mark.mjs';

describe('a lock between processes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  const file = path.join(folder, 'deep', 'lock');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, 'testing', work)));
    expect(most).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  it('is given back when the work fails', async () => {
    await expect(withLock(file, 'testing', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(file, 'testing', () => Promise.resolve('in'))).toBe('in');
  });

  it('does not wait for a process that is gone, nor for another one with its number', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    const reused = existsSync('/proc/self/stat') ? [`${process.pid} 1`] : [];
    for (const mark of [`${gone.pid} 1`, ...reused, '']) {
      writeFileSync(file, mark);
      if (mark === '') utimesSync(file, 0, 0);
      expect(await withLock(file, 'testing', () => Promise.resolve('in'))).toBe('in');
    }
  });

  it('knows a living process by its mark', () => {
    expect(isMarkAlive(ownMark())).toBe(true);
  });
});
