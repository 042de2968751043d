import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { OutgoingMessage } from '@llm-proxy/usage-stream';
import { readLines } from './message-line.js';
import type { WrittenLine } from './waiting-events.js';

const NAMES = ['journal.0', 'journal.1'] as const;

interface JournalFile {
  fd: number;
  bytes: number;
  /** Noted in it, or meant to be, and not settled. */
  events: number;
}

/**
 * Keeps what waits in memory readable for the next process, in case this one is killed. Written at once but not fsynced: it outlives the process,
 * not the machine. One file takes what comes, the other one holds what is being published and is emptied after it.
 */
export class Journal {
  private readonly files: [JournalFile, JournalFile];
  private current: 0 | 1 = 0;
  private isClosed = false;

  /** Forgets what earlier processes left in the folder: see `leftInJournal`. */
  constructor(private readonly directory: string) {
    const open = (name: string): JournalFile => ({ fd: openSync(path.join(directory, name), 'w', 0o600), bytes: 0, events: 0 });
    this.files = [open(NAMES[0]), open(NAMES[1])];
  }

  /** @throws the disk's own error; the event is counted all the same, so that `settle` stays in step */
  note({ bytes, from, to }: WrittenLine): void {
    const file = this.files[this.current];
    file.events++;
    this.assertOpen();
    writeSync(file.fd, bytes, from, to - from, file.bytes);
    file.bytes += to - from;
  }

  /** What comes from now on goes to the other file, if that is empty. */
  turn(): void {
    const other = this.current === 0 ? 1 : 0;
    if (this.files[other].events === 0) this.current = other;
  }

  /**
   * The oldest `count` events are durable elsewhere.
   * @throws the disk's own error; what then stays in a file is published once more by the next process, and dropped as a duplicate
   */
  settle(count: number): void {
    const newer = this.files[this.current];
    const older = this.files[this.current === 0 ? 1 : 0];
    const ofOlder = Math.min(count, older.events);
    older.events -= ofOlder;
    newer.events -= count - ofOlder;
    for (const file of this.files) {
      if (file.events > 0 || file.bytes === 0) continue;
      file.bytes = 0;
      this.assertOpen();
      ftruncateSync(file.fd, 0);
    }
  }

  /** The descriptors may be other files' by now. */
  private assertOpen(): void {
    if (this.isClosed) throw new Error('the journal is closed');
  }

  /** What was settled is removed; the rest is left to the next process. */
  async close(): Promise<void> {
    this.isClosed = true;
    const isSettled = this.files.every(({ events }) => events === 0);
    for (const { fd } of this.files) closeSync(fd);
    if (isSettled) await removeJournal(this.directory);
  }
}

/** What an earlier process noted in the folder and did not settle, the oldest first; some of it may have been published all the same. */
export const leftInJournal = async (directory: string): Promise<OutgoingMessage[]> => {
  const files = await Promise.all(NAMES.map((name) => readNotes(path.join(directory, name))));
  return files.sort((a, b) => a.writtenAtMs - b.writtenAtMs).flatMap(({ messages }) => messages);
};

export const removeJournal = async (directory: string): Promise<void> => {
  for (const name of NAMES) await rm(path.join(directory, name), { force: true });
};

const readNotes = async (file: string): Promise<{ messages: OutgoingMessage[]; writtenAtMs: number }> => {
  try {
    return { messages: readLines(await readFile(file)).messages, writtenAtMs: (await stat(file)).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { messages: [], writtenAtMs: 0 };
    throw error;
  }
};
