import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import { startOf } from './process-identity.js';

interface Owner {
  pid: number;
  /** From `startOf`; tells the owner from a later process with the same pid. */
  started: string | null;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const readOwner = (file: string): { text: string; owner: Owner | null } | null => {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, owner: parseOwner(text) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const parseOwner = (text: string): Owner | null => {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return null;
  }
};

const isAlive = (owner: Owner | null): boolean => owner !== null && owner.started !== null && startOf(owner.pid) === owner.started;

/** Moves a dead owner's file away. When another process was quicker and the file is a live one by now, it goes back. */
const removeStale = (file: string, judged: string): void => {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== judged) linkSync(aside, file);
  rmSync(aside);
};

const tryCreate = (file: string, text: string): boolean => {
  // Written aside and linked, so that nobody ever reads a half-written lock.
  const aside = `${file}.${randomUUID()}`;
  writeFileSync(aside, text, { mode: 0o644 });
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside);
  }
};

/**
 * Takes `file` as a lock for this process; what a dead process left is taken over.
 * @param what shown to whoever comes second
 * @returns releases the lock
 * @throws EmbeddedPostgresError when a living process (this one included) holds it
 */
export const lockFolder = (file: string, what: string): (() => void) => {
  const text = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Owner);
  while (!tryCreate(file, text)) {
    const found = readOwner(file);
    if (found === null) continue;
    if (isAlive(found.owner)) {
      throw new EmbeddedPostgresError(`${what} is in use by process ${found.owner?.pid}. Stop that one first, or choose another data folder.`);
    }
    removeStale(file, found.text);
  }
  return () => {
    if (readOwner(file)?.text === text) rmSync(file, { force: true });
  };
};
