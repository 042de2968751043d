import { ZERO, addExact } from '../exact-number.js';
import type { Quantity } from './quantity.js';

const inputTypes = new Set(['input_tokens', 'cached_tokens', 'cache_write_tokens']);

/** For paths that are charged by their text input alone, cached or not, at one price: `input_tokens_<suffix>`. */
export const inputOnly = (quantities: readonly Quantity[], suffix: string): Quantity[] => {
  const amount = quantities.reduce((sum, quantity) => (inputTypes.has(quantity.type) ? addExact(sum, quantity.amount) : sum), ZERO);
  return [{ type: `input_tokens_${suffix}`, amount }];
};
