import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { adoptLeftovers } from './adopt-leftovers.js';
import { Spool, SpoolFullError } from './spool.js';

const message = (id: string) => ({ id, key: 'k', value: Buffer.from(JSON.stringify({ id })) });

describe('spools of workers that are no more', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'leftovers-'));
    for (const slot of ['0', '1', '2', '3']) {
      const spool = await Spool.open({ directory: path.join(directory, slot), maxBytes: 10_000 });
      await spool.append([message(`a${slot}`), message(`b${slot}`)]);
      await spool.close();
    }
  });
  afterEach(() => rm(directory, { recursive: true }));

  const openFirst = (maxBytes = 10_000) => Spool.open({ directory: path.join(directory, '0'), maxBytes });

  it('are taken over, those of living workers are not', async () => {
    const spool = await openFirst();
    expect(await adoptLeftovers(spool, { directory, slots: 2, maxBytes: 10_000 })).toBe(4);
    expect((await spool.peek(100))!.messages.map(({ id }) => id)).toEqual(['a0', 'b0']);
    await spool.advance((await spool.peek(100))!.next);
    expect((await spool.peek(100))!.messages.map(({ id }) => id).sort()).toEqual(['a2', 'a3', 'b2', 'b3']);
    expect((await readdir(directory)).sort()).toEqual(['0', '1']);
    await spool.close();
  });

  it('stay where they are when there is no room', async () => {
    const spool = await openFirst(100);
    await expect(adoptLeftovers(spool, { directory, slots: 1, maxBytes: 10_000 })).rejects.toThrow(SpoolFullError);
    expect((await readdir(directory)).sort()).toEqual(['0', '1', '2', '3']);
    await spool.close();
  });
});
