import { createHash } from 'node:crypto';

/** Name of an artifact in the database: finding it needs the value that its holder presents, and the value cannot be read back from it. */
export const artifactKey = (model: string, value: string): string => createHash('sha256').update(`${model}:${value}`).digest('base64url');
