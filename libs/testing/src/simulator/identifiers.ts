import { randomBytes } from 'node:crypto';

const start = randomBytes(8).toString('hex');
let count = 0;

/** Unique over processes; cheap, because every simulated answer takes some. */
export const newId = (prefix: string): string => `${prefix}${start}${(count++).toString(16).padStart(8, '0')}`;
