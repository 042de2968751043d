import { ZERO, addExact, isZero, subtractToZero } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import { otherQuantities } from './other-quantities.js';
import { objectOf, readCount } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';

const ONE_HOUR_WRITES = 'cache_creation_1h_input_tokens';

const known = new Set(['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'cache_creation', 'output_tokens_details']);

/** Cache writes at the 5-minute price, and those kept for an hour apart where the table has a price for them. */
const cacheWrites = (usage: JsonObject, model: PricedModel, reading: Reading): Quantity[] => {
  const byLifetime = objectOf(usage['cache_creation']);
  const oneHour = readCount(byLifetime, 'ephemeral_1h_input_tokens', reading) ?? ZERO;
  const fiveMinutes = readCount(byLifetime, 'ephemeral_5m_input_tokens', reading) ?? ZERO;
  const all = readCount(usage, 'cache_creation_input_tokens', reading) ?? addExact(fiveMinutes, oneHour);
  if (isZero(oneHour)) return [{ type: 'cache_creation_input_tokens', amount: all }];
  if (!model.prices.has(ONE_HOUR_WRITES)) {
    reading.unpricedTypes.push(ONE_HOUR_WRITES);
    return [{ type: 'cache_creation_input_tokens', amount: all }];
  }
  return [
    { type: 'cache_creation_input_tokens', amount: subtractToZero(all, oneHour) },
    { type: ONE_HOUR_WRITES, amount: oneHour },
  ];
};

/** The counts of Anthropic's usage object. Its input count is without the cached tokens already. */
export const normaliseAnthropic = (usage: JsonObject, model: PricedModel, reading: Reading): Quantity[] => [
  { type: 'input_tokens', amount: readCount(usage, 'input_tokens', reading) ?? ZERO },
  ...cacheWrites(usage, model, reading),
  { type: 'cache_read_input_tokens', amount: readCount(usage, 'cache_read_input_tokens', reading) ?? ZERO },
  { type: 'output_tokens', amount: readCount(usage, 'output_tokens', reading) ?? ZERO },
  ...otherQuantities(usage, known, model, reading),
];
