import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactInteger } from './exact-number.js';
import { formatPercent, formatPicoUsd, formatQuantity, formatUsd, parsePercent, parsePicoUsd, picoUsdToNumber, roundHalfEven, roundPicoUsd, shareNanoUsd, toNanoUsd } from './money.js';

describe('roundHalfEven', () => {
  test.each([
    [5n, 10n, 0n],
    [15n, 10n, 2n],
    [25n, 10n, 2n],
    [35n, 10n, 4n],
    [24n, 10n, 2n],
    [26n, 10n, 3n],
    [-5n, 10n, 0n],
    [-15n, 10n, -2n],
    [-26n, 10n, -3n],
    [7n, 1n, 7n],
  ])('%p / %p is %p', (numerator, denominator, expected) => {
    expect(roundHalfEven(numerator, denominator)).toBe(expected);
  });

  test('is the nearest integer, and the even one of two that are as near', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.bigInt(1n, 10n ** 12n), (numerator, denominator) => {
        const rounded = roundHalfEven(numerator, denominator);
        const twiceError = 2n * (numerator - rounded * denominator);
        const distance = twiceError < 0n ? -twiceError : twiceError;
        expect(distance).toBeLessThanOrEqual(denominator);
        if (distance === denominator) expect(rounded % 2n).toBe(0n);
      }),
    );
  });

  test('refuses a denominator that is not positive', () => {
    expect(() => roundHalfEven(1n, 0n)).toThrow(RangeError);
    expect(() => roundHalfEven(1n, -2n)).toThrow(RangeError);
  });
});

test.each([
  ['1.25', 1_000_000n, 1_250_000n],
  ['0.0625', 1_000_000n, 62_500n],
  ['0.000001', 1_000_000n, 1n],
  ['0.006', 1n, 6_000_000_000n],
  ['0.0000001', 1_000_000n, undefined],
  ['-1', 1n, undefined],
  ['free', 1n, undefined],
])('%s US$ per %p units is %p pico-dollars', (text, units, expected) => {
  expect(parsePicoUsd(text, units)).toBe(expected);
});

describe('roundPicoUsd', () => {
  test.each([
    ['0.000283333333333', 60n, 17_000_000_000n],
    ['2.83333333333e-4', 60n, 17_000_000_000n],
    ['0.000566666666667', 60n, 34_000_000_000n],
    ['0.0000000000005', 1n, 0n],
    ['0.0000000000015', 1n, 2n],
    ['0.0000000000025', 1n, 2n],
    ['0.0000000000025', 3n, 8n],
    ['-1', 60n, undefined],
    ['free', 60n, undefined],
  ])('%s US$ %p times is %p pico-dollars', (text, times, expected) => {
    expect(roundPicoUsd(text, times)).toBe(expected);
  });

  test('is the exact price where there is one, and at most half a pico-dollar off elsewhere', () => {
    const places = 18;
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), fc.bigInt(1n, 3600n), (digits, times) => {
        const text = `${digits}e-${places}`;
        const rounded = roundPicoUsd(text, times)!;
        expect(rounded).toBe(roundHalfEven(digits * times, 10n ** BigInt(places - 12)));
        const exact = parsePicoUsd(text, 1n);
        if (exact !== undefined) expect(rounded).toBe(exact * times);
      }),
    );
  });
});

test('amounts are rounded from the exact value, a share of them too', () => {
  expect(toNanoUsd(exactInteger(2_500n))).toBe(2n);
  expect(toNanoUsd(exactInteger(3_500n))).toBe(4n);
  expect(shareNanoUsd(exactInteger(50_000n), 500n)).toBe(2n);
  expect(shareNanoUsd(exactInteger(50_001n), 500n)).toBe(3n);
});

test.each([
  [0n, '0.00'],
  [1n, '0.000000001'],
  [6_431_250n, '0.00643125'],
  [1_500_000_000n, '1.50'],
  [10_000_000_000n, '10.00'],
  [-2_000_000_000n, '-2.00'],
  [12_345_678_901_234_567_890n, '12345678901.23456789'],
])('%p nano-dollars are written %s', (nano, text) => {
  expect(formatUsd(nano)).toBe(text);
});

test.each([
  [exactInteger(1200n), '1200'],
  [{ numerator: 7n, denominator: 60n }, '0.116666667'],
  [{ numerator: 90n, denominator: 60n }, '1.5'],
  [{ numerator: 600n, denominator: 60n }, '10'],
  [{ numerator: 1n, denominator: 10n ** 12n }, '0'],
])('the quantity %p is written %s', (quantity, text) => {
  expect(formatQuantity(quantity)).toBe(text);
});

test('prices for display are the nearest double', () => {
  expect(picoUsdToNumber(125_000n)).toBe(1.25e-7);
  expect(picoUsdToNumber(6_000_000_000n)).toBe(0.006);
});

test.each([
  ['-12.5', -125_000n, '-12.5'],
  ['+3', 30_000n, '+3'],
  ['007.2500', 72_500n, '+7.25'],
  ['0.0001', 1n, '+0.0001'],
  ['-100', -1_000_000n, '-100'],
  ['-0', 0n, '+0'],
])('the percentage %s is %p ten-thousandths, written %s', (text, value, written) => {
  expect([parsePercent(text), formatPercent(value)]).toEqual([value, written]);
});

test.each(['', '5 %', '1e-9', '0.00001', '--1', 'NaN'])('%p is no percentage', (text) => {
  expect(() => parsePercent(text)).toThrow(RangeError);
});

test('a price that is written is read back as it was', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.constantFrom(1n, 1_000_000n), (picoUsd, units) => {
      expect(parsePicoUsd(formatPicoUsd(picoUsd, units), units)).toBe(picoUsd);
    }),
  );
});
