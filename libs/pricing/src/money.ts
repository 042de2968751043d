import { parseDecimal } from './exact-number.js';
import type { Exact } from './exact-number.js';

/**
 * Money is integers: prices in pico-dollars (1e-12 US$) per unit, amounts in nano-dollars (1e-9 US$).
 * Between the two everything is exact, and `roundHalfEven` is the only place that rounds.
 */
const PICO_PER_USD = 1_000_000_000_000n;
const PICO_PLACES = 12;
const PICO_PER_NANO = 1_000n;
const NANO_PER_USD = 1_000_000_000n;
const BASIS_POINTS = 10_000n;
const QUANTITY_PLACES = 9;
const PERCENT_PLACES = 4;

/**
 * The nearest integer to `numerator / denominator`; a tie goes to the even one.
 * @throws RangeError when the denominator is not positive
 */
export const roundHalfEven = (numerator: bigint, denominator: bigint): bigint => {
  if (denominator <= 0n) throw new RangeError('the denominator must be positive');
  if (numerator < 0n) return -roundHalfEven(-numerator, denominator);
  const quotient = numerator / denominator;
  const twiceRest = (numerator - quotient * denominator) * 2n;
  if (twiceRest < denominator || (twiceRest === denominator && quotient % 2n === 0n)) return quotient;
  return quotient + 1n;
};

/**
 * @param usdText decimal US$ for `units` units, e.g. `1.25` for a million
 * @returns pico-dollars for one unit; undefined when the text is no decimal or the price is not a whole number of pico-dollars
 */
export const parsePicoUsd = (usdText: string, units: bigint): bigint | undefined => {
  const usd = parseDecimal(usdText);
  if (usd === undefined) return undefined;
  const numerator = usd.numerator * PICO_PER_USD;
  const denominator = usd.denominator * units;
  return numerator % denominator === 0n ? numerator / denominator : undefined;
};

/**
 * The price of a unit from that of a part, whose digits may have been cut off: a second at 0.000283333333 is a minute at 0.017.
 * @param usdText decimal US$ for the part, of which `times` make a unit
 * @returns pico-dollars for one unit, rounded once, half to even; undefined when the text is no decimal
 */
export const roundPicoUsd = (usdText: string, times: bigint): bigint | undefined => {
  const usd = parseDecimal(usdText);
  return usd && roundHalfEven(usd.numerator * PICO_PER_USD * times, usd.denominator);
};

/** What a quantity costs, in exact pico-dollars. */
export const costOf = (quantity: Exact, unitPricePicoUsd: bigint): Exact => ({
  numerator: quantity.numerator * unitPricePicoUsd,
  denominator: quantity.denominator,
});

/** Exact pico-dollars to nano-dollars. */
export const toNanoUsd = (picoUsd: Exact): bigint => roundHalfEven(picoUsd.numerator, picoUsd.denominator * PICO_PER_NANO);

/**
 * A share of exact pico-dollars, rounded once to nano-dollars.
 * @param basisPoints hundredths of a percent: 500 is 5 %
 */
export const shareNanoUsd = (picoUsd: Exact, basisPoints: bigint): bigint =>
  roundHalfEven(picoUsd.numerator * basisPoints, picoUsd.denominator * PICO_PER_NANO * BASIS_POINTS);

const decimalText = (value: bigint, places: number): string => {
  const digits = value.toString().padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
};

/** Decimal text of at most nine places, without trailing zeros. The amount is computed from the exact quantity, not from this text. */
export const formatQuantity = (quantity: Exact): string => {
  if (quantity.denominator === 1n) return quantity.numerator.toString();
  const scaled = roundHalfEven(quantity.numerator * 10n ** BigInt(QUANTITY_PLACES), quantity.denominator);
  return decimalText(scaled, QUANTITY_PLACES).replace(/\.?0+$/, '');
};

/** US$ as text, exact, at least two places and no currency sign: `0.00643125`, `1.50`, `-2.00`. */
export const formatUsd = (nanoUsd: bigint): string => {
  const sign = nanoUsd < 0n ? '-' : '';
  const text = decimalText(nanoUsd < 0n ? -nanoUsd : nanoUsd, NANO_PER_USD.toString().length - 1);
  return sign + text.replace(/0{1,7}$/, '');
};

/**
 * @param text decimal percent of at most four places, with or without a sign
 * @returns ten-thousandths of a percent: `-12.5` is -125,000
 * @throws RangeError when the text is none
 */
export const parsePercent = (text: string): bigint => {
  const value = parseDecimal(text.replace(/^[+-]/, ''));
  const scaled = value && value.numerator * 10n ** BigInt(PERCENT_PLACES);
  if (value === undefined || scaled === undefined || scaled % value.denominator !== 0n) throw new RangeError('not a percentage of at most four places');
  return text.startsWith('-') ? -(scaled / value.denominator) : scaled / value.denominator;
};

/** With its sign: `+3`, `-12.5`. @param percent ten-thousandths of a percent */
export const formatPercent = (percent: bigint): string => {
  const digits = decimalText(percent < 0n ? -percent : percent, PERCENT_PLACES).replace(/\.?0+$/, '');
  return `${percent < 0n ? '-' : '+'}${digits}`;
};

/**
 * The opposite of `parsePicoUsd`: exact decimal US$ for `units` units, without trailing zeros.
 * @param units a power of ten, at most 1e12
 */
export const formatPicoUsd = (picoUsd: bigint, units: bigint): string => decimalText(picoUsd * units, PICO_PLACES).replace(/\.?0+$/, '');

/** For display in JSON only: the double nearest to a unit price in US$. */
export const picoUsdToNumber = (picoUsd: bigint): number => Number(picoUsd) / Number(PICO_PER_USD);
