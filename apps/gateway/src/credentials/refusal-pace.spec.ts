import { RefusalPace } from './refusal-pace.js';

describe('the pace of refusals', () => {
  it('holds nobody up without a flood', () => {
    const pace = new RefusalPace({ perSecond: 100 });
    for (let count = 0; count < 100; count++) expect(pace.turn()).toBeUndefined();
  });

  it('lets a flood through at so many a second, in order', async () => {
    const pace = new RefusalPace({ perSecond: 100, maxWaiting: 1_000 });
    const startedAt = performance.now();
    while (pace.turn() === undefined);
    const answered: number[] = [];
    await Promise.all(Array.from({ length: 30 }, async (_, number) => answered.push(await (pace.turn() ?? Promise.resolve()).then(() => number))));
    expect(performance.now() - startedAt).toBeGreaterThan(250);
    expect(answered).toEqual(answered.toSorted((one, other) => one - other));
    expect(answered).toHaveLength(30);
  });

  it('lets no more than a bounded number wait', () => {
    const pace = new RefusalPace({ perSecond: 1, maxWaiting: 2 });
    const turns = Array.from({ length: 5 }, () => pace.turn());
    expect(turns.map((turn) => turn !== undefined)).toEqual([false, true, true, false, false]);
    return Promise.all(turns);
  });
});
