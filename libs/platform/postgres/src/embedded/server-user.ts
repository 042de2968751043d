import { type Stats, statSync } from 'node:fs';
import path from 'node:path';

/** PostgreSQL refuses to run as root; then its processes get these ids. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/** The `nobody` of every Linux distribution. */
const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 };

const statOrNull = (file: string): Stats | null => statSync(file, { throwIfNoEntry: false }) ?? null;

/**
 * Who the server runs as; null means as this very user. Root hands an existing data folder to the user it belongs to.
 * @param dataDirectory PostgreSQL's own folder, whether it is there yet or not
 */
export const serverUser = (dataDirectory: string): ServerUser | null => {
  if (process.getuid?.() !== 0) return null;
  const owner = statOrNull(dataDirectory);
  return owner === null || owner.uid === 0 ? NOBODY : { uid: owner.uid, gid: owner.gid };
};

const mayEnter = (folder: Stats, user: ServerUser): boolean => {
  if (folder.uid === user.uid) return (folder.mode & 0o100) !== 0;
  return (folder.mode & (folder.gid === user.gid ? 0o010 : 0o001)) !== 0;
};

/** The topmost existing folder on the way to `target` (itself included) that the user may not enter, or null. */
export const firstClosedFolder = (target: string, user: ServerUser): string | null => {
  const absolute = path.resolve(target);
  const { root } = path.parse(absolute);
  let folder = root;
  for (const part of ['', ...absolute.slice(root.length).split(path.sep)]) {
    folder = path.join(folder, part);
    const found = statOrNull(folder);
    if (found === null) return null;
    if (found.isDirectory() && !mayEnter(found, user)) return folder;
  }
  return null;
};
