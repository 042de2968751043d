import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addExact, divideExact, exactInteger, parseDecimal, subtractToZero, toExact } from './exact-number.js';

describe('toExact', () => {
  test.each([
    [0, 0n, 1n],
    [-0, 0n, 1n],
    [12, 12n, 1n],
    [Number.MAX_SAFE_INTEGER, 9007199254740991n, 1n],
    [90.5, 905n, 10n],
    [1e-7, 1n, 10_000_000n],
    ['12', 12n, 1n],
    [' 7.25 ', 725n, 100n],
    ['1.5e3', 1500n, 1n],
  ])('reads %p', (value, numerator, denominator) => {
    expect(toExact(value)).toEqual({ numerator, denominator });
  });

  const oddNumbers = [-1, -0.5, Number.NaN, Infinity, 2 ** 53, 1e300];
  const oddTexts = ['-1', '', 'NaN', 'Infinity', '0x10', '1_000', '9007199254740992', '1e99', '1'.repeat(100)];
  test.each([...oddNumbers, ...oddTexts, true, null, undefined, {}, [], [5], 5n])('refuses %p', (value) => {
    expect(toExact(value)).toBeUndefined();
  });

  test('reads every finite number as the decimal it is written as', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), (value) => {
        const exact = toExact(value);
        expect(Number(exact?.numerator) / Number(exact?.denominator)).toBeCloseTo(value, 6 - Math.floor(Math.log10(value)));
      }),
    );
  });
});

test('subtraction stops at zero, addition undoes it elsewhere', () => {
  const exact = fc.record({ numerator: fc.bigInt(0n, 10n ** 18n), denominator: fc.bigInt(1n, 10n ** 6n) });
  fc.assert(
    fc.property(exact, exact, (a, b) => {
      const rest = subtractToZero(a, b);
      const isLess = a.numerator * b.denominator <= b.numerator * a.denominator;
      if (isLess) return expect(rest).toEqual({ numerator: 0n, denominator: 1n });
      const sum = addExact(rest, b);
      return expect(sum.numerator * a.denominator).toBe(a.numerator * sum.denominator);
    }),
  );
});

test('a third of an integer stays exact', () => {
  expect(divideExact(exactInteger(7n), 60n)).toEqual({ numerator: 7n, denominator: 60n });
  expect(parseDecimal('1.')).toBeUndefined();
});
