import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromBillionths, toBillionths } from './decimal-quantity.js';

describe('quantities in billionths', () => {
  it.each([
    ['0', 0n],
    ['12', 12_000_000_000n],
    ['0.000000001', 1n],
    ['7.5', 7_500_000_000n],
    ['9007199254740993.25', 9_007_199_254_740_993_250_000_000n],
  ])('%s', (text, billionths) => {
    expect(toBillionths(text)).toBe(billionths);
  });

  it('come back as the same number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (billionths) => {
        expect(toBillionths(fromBillionths(billionths))).toBe(billionths);
      }),
    );
  });
});
