import type { UsageFormat } from '../price-table.schema.js';
import type { PricedModel } from '../priced-model.js';
import { UNCHANGED } from '../usage-multiples.js';
import { isTokenType, withSuffix } from '../usage-type.js';
import { noteUnpricedWord, wordOf } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';

/** String members of the usage object by which a provider charges all tokens at another price, each with the values that are charged as usual. */
const telling: Readonly<Record<UsageFormat, ReadonlyMap<string, ReadonlySet<string>>>> = {
  // Data residency and fast mode: https://platform.claude.com/docs/en/about-claude/pricing
  anthropic: new Map([
    ['inference_geo', new Set(['global', 'not_available'])],
    ['speed', new Set(['standard'])],
  ]),
  openai: new Map(),
};

const saysAnotherPrice = (format: UsageFormat, member: string, value: string): boolean => telling[format].get(member)?.has(value) === false;

/** Every token type must have got its own price: half of a multiple would be charged too little without a word. */
const isComplete = (before: readonly Quantity[], after: readonly Quantity[], { prices }: PricedModel): boolean =>
  before.every(({ type }, index) => type !== after[index]!.type || !isTokenType(type) || !prices.has(type));

/**
 * Charges tokens at the prices that go with what the usage object says of all of them, and notes what it says as unpriced where there are none.
 * @param quantities with the suffixes of tier and long context
 */
export const applyMultiples = (quantities: Quantity[], usage: JsonObject, format: UsageFormat, model: PricedModel, reading: Reading): Quantity[] => {
  let charged = quantities;
  for (const member of new Set([...telling[format].keys(), ...model.multiples.keys()].sort())) {
    const value = wordOf(usage[member]);
    if (value === '') continue;
    const percent = model.multiples.get(member)?.get(value);
    const priceFor = (type: string) => (model.prices.has(withSuffix(type, value)) ? withSuffix(type, value) : type);
    // A suffix that is spoken for is the price of something else.
    const hasSuffix = percent !== undefined || !model.rules.suffixes.has(value);
    const priced = hasSuffix ? charged.map(({ type, amount }) => ({ type: priceFor(type), amount })) : charged;
    const isUsual = percent === undefined ? !saysAnotherPrice(format, member, value) : percent === UNCHANGED;
    if (!isUsual && !isComplete(charged, priced, model)) noteUnpricedWord(member, value, reading);
    charged = priced;
  }
  return charged;
};
