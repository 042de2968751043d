import { createHash } from 'node:crypto';
import { type CountedDimension, countedDimensions, type SpendEntry, type SpendScope } from './port.js';

const LONGEST_VALUE = 200;

/** Participant names come from tokens and may be of any length; a key may not. */
const keyText = (value: string): string =>
  value.length <= LONGEST_VALUE ? value : `sha256-${createHash('sha256').update(value).digest('hex')}`;

const keyOf = (dimension: CountedDimension, value: string): string => `${dimension}:${keyText(value)}`;

/** Name of a scope within its project and window, e.g. `project`, `user:42`. */
export const scopeKeyOf = (scope: SpendScope): string =>
  scope.dimension === 'project' ? 'project' : keyOf(scope.dimension, scope.value);

/** Every scope that an entry adds to; the project is always the first. */
export const scopeKeysOf = ({ dimensions }: SpendEntry): string[] => {
  const keys = ['project'];
  for (const dimension of countedDimensions) {
    const value = dimensions[dimension];
    if (value !== null && value !== undefined) keys.push(keyOf(dimension, value));
  }
  return keys;
};
