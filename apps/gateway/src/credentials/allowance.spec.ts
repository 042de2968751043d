import fc from 'fast-check';
import { Allowance } from './allowance.js';

describe('allowance', () => {
  it('whatever the times, no second sees more than twice the rate, and no long time more than the rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(300), { minLength: 1, maxLength: 200 }), (perSecond, pauses) => {
        let nowMs = 0;
        const allowance = new Allowance(perSecond, () => nowMs);
        const taken: number[] = [];
        for (const pause of pauses) {
          nowMs += pause;
          if (allowance.take()) taken.push(nowMs);
        }
        for (const at of taken) expect(taken.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(2 * perSecond);
        expect(taken.length).toBeLessThanOrEqual(perSecond + (nowMs * perSecond) / 1_000);
      }),
    );
  });

  it('is whole again after a second, and does not mind a clock that goes back', () => {
    let nowMs = 0;
    const allowance = new Allowance(3, () => nowMs);
    const takeAll = () => Array.from({ length: 5 }, () => allowance.take()).filter(Boolean).length;
    expect(takeAll()).toBe(3);
    nowMs = -5_000;
    expect(takeAll()).toBe(0);
    nowMs = -4_000;
    expect(takeAll()).toBe(3);
  });
});
