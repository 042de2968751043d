import { divideExact } from '../exact-number.js';
import type { Exact } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import { readCount, readFirstCount } from './quantity.js';
import type { JsonObject, Reading } from './quantity.js';

const SECONDS_PER_MINUTE = 60n;
const MS_PER_MINUTE = 60_000n;
const secondsKeys = ['audio_seconds', 'duration_seconds', 'audio_duration_seconds'];
const millisecondsKeys = ['audio_ms', 'duration_ms', 'audio_duration_ms'];

const over = (amount: Exact | undefined, by: bigint): Exact | undefined => (amount === undefined ? undefined : divideExact(amount, by));

/** How long the audio was, for models charged by the minute; exact, not rounded up. Undefined when the usage does not speak of a duration. */
export const audioMinutes = (usage: JsonObject, model: PricedModel, reading: Reading): Exact | undefined => {
  const isDuration = usage['type'] === 'duration';
  if (!isDuration && !model.prices.has('audio_minutes')) return undefined;
  return (
    readCount(usage, 'audio_minutes', reading) ??
    over(readFirstCount(usage, secondsKeys, reading), SECONDS_PER_MINUTE) ??
    over(isDuration ? readCount(usage, 'seconds', reading) : undefined, SECONDS_PER_MINUTE) ??
    over(readFirstCount(usage, millisecondsKeys, reading), MS_PER_MINUTE)
  );
};
