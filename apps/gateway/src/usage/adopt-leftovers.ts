import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Spool } from './spool.js';

const BATCH = 500;

/**
 * Takes over what workers left behind that are no longer started, because there are fewer now. A crash in between only repeats events, which
 * consumers drop.
 * @param slots how many workers there are; their own folders are left alone
 * @returns how many events were taken over
 * @throws SpoolFullError, or the disk's own error; what was not taken over yet stays for the next start
 */
export const adoptLeftovers = async (spool: Spool, options: { directory: string; slots: number; maxBytes: number }): Promise<number> => {
  const names = await readdir(options.directory);
  let adopted = 0;
  for (const name of names.filter((one) => /^\d+$/.test(one) && Number(one) >= options.slots)) {
    const directory = path.join(options.directory, name);
    const left = await Spool.open({ directory, maxBytes: options.maxBytes });
    try {
      for (let next = await left.peek(BATCH); next !== null; next = await left.peek(BATCH)) {
        await spool.append(next.messages);
        await left.advance(next.next);
        adopted += next.messages.length;
      }
    } finally {
      await left.close();
    }
    await rm(directory, { recursive: true });
  }
  return adopted;
};
