import { parseDecimal } from '../exact-number.js';
import type { ModelMultiple } from './community-model.js';
import { JsonNumber } from './exact-json.js';
import { NOT_UNDERSTOOD } from './field-meaning.js';

/** Which member of the usage object says so. */
const memberFor = new Map([
  ['us', 'inference_geo'],
  ['fast', 'speed'],
]);

const HIGHEST_PERCENT = 10_000n;

interface ReadMultiples {
  multiples: ModelMultiple[];
  skipped: { field: string; reason: string }[];
}

/** `{"us": 1.1, "fast": 6.0}`: by how much all token prices are multiplied. @param field that the value is of */
export const readMultiples = (field: string, value: unknown): ReadMultiples => {
  const read: ReadMultiples = { multiples: [], skipped: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof JsonNumber) return { multiples: [], skipped: [{ field, reason: 'is no object' }] };
  for (const [name, factor] of Object.entries(value)) {
    const member = memberFor.get(name);
    const percent = percentOf(factor);
    if (member === undefined) read.skipped.push({ field: `${field}.${name}`, reason: NOT_UNDERSTOOD });
    else if (percent === null) read.skipped.push({ field: `${field}.${name}`, reason: 'is not a whole number of percent, from 1 to 10,000' });
    else read.multiples.push({ member, value: name, percent });
  }
  return read;
};

const percentOf = (factor: unknown): number | null => {
  const exact = factor instanceof JsonNumber ? parseDecimal(factor.text) : undefined;
  if (exact === undefined || (exact.numerator * 100n) % exact.denominator !== 0n) return null;
  const percent = (exact.numerator * 100n) / exact.denominator;
  return percent > 0n && percent <= HIGHEST_PERCENT ? Number(percent) : null;
};
