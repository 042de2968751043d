import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OutgoingMessage } from '@llm-proxy/usage-stream';
import { Spool, SpoolFullError } from './spool.js';

const message = (number: number): OutgoingMessage => ({ id: `id-${number}`, key: `key-${number % 3}`, value: Buffer.from(JSON.stringify({ number, text: 'é"\\n' })) });
const messages = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => message(from + index));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'spool-'));
});
afterEach(() => rm(directory, { recursive: true }));

const open = (maxBytes = 1_000_000, segmentBytes = 300) => Spool.open({ directory, maxBytes, segmentBytes });
const drain = async (spool: Spool, step = 4): Promise<string[]> => {
  const ids: string[] = [];
  for (let next = await spool.peek(step); next !== null; next = await spool.peek(step)) {
    ids.push(...next.messages.map(({ id }) => id));
    await spool.advance(next.next);
  }
  return ids;
};
const idsOf = (list: OutgoingMessage[]) => list.map(({ id }) => id);

describe('spool', () => {
  it('gives back what it took, in order, over many files', async () => {
    const spool = await open();
    const all = messages(0, 50);
    for (let from = 0; from < 50; from += 7) await spool.append(all.slice(from, from + 7));
    expect((await spool.peek(3))!.messages).toEqual(all.slice(0, 3));
    expect(await drain(spool)).toEqual(idsOf(all));
    expect(spool.isEmpty).toBe(true);
    expect((await readdir(directory)).filter((name) => name.endsWith('.spool'))).toEqual([]);
  });

  it('goes on where it was after a restart', async () => {
    const before = await open();
    await before.append(messages(0, 20));
    const next = await before.peek(5);
    await before.advance(next!.next);
    await before.close();
    const after = await open();
    await after.append(messages(20, 25));
    expect(await drain(after)).toEqual(idsOf(messages(5, 25)));
  });

  it('drops the line that a crash cut, and nothing else', async () => {
    const before = await open(1_000_000, 1_000_000);
    await before.append(messages(0, 3));
    await before.close();
    const [file] = (await readdir(directory)).filter((name) => name.endsWith('.spool'));
    await appendFile(path.join(directory, file!), 'deadbeef id-x key-x {"half":');
    const after = await open();
    await after.append(messages(3, 4));
    expect(await drain(after)).toEqual(idsOf(messages(0, 4)));
  });

  it('says when it is full, and takes more once there is room', async () => {
    const spool = await open(400);
    await spool.append(messages(0, 4));
    await expect(spool.append(messages(4, 10))).rejects.toThrow(SpoolFullError);
    expect(await drain(spool)).toEqual(idsOf(messages(0, 4)));
    await spool.append(messages(4, 8));
    expect(await drain(spool)).toEqual(idsOf(messages(4, 8)));
  });

  it('loses nothing when it is filled and emptied at the same time', async () => {
    const spool = await open();
    const seen: string[] = [];
    const filling = (async () => {
      for (let from = 0; from < 300; from += 3) await spool.append(messages(from, from + 3));
    })();
    while (seen.length < 300) seen.push(...(await drain(spool, 5)));
    await filling;
    expect(seen).toEqual(idsOf(messages(0, 300)));
  });
});
