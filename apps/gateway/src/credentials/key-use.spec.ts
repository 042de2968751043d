import { createLogger } from '@llm-proxy/platform-logging';
import { KeyUse } from './key-use.js';

const logger = createLogger('test', 'silent');

describe('use of keys', () => {
  it('is reported in batches, each key once a minute', async () => {
    const batches: { id: string; usedAtMs: number }[][] = [];
    const use = new KeyUse({ report: async (keys) => void batches.push(keys), logger });
    for (let second = 0; second < 60; second++) for (const id of ['a', 'b']) use.note(id, second * 1_000);
    await use.stop();
    expect(batches).toEqual([[{ id: 'a', usedAtMs: 0 }, { id: 'b', usedAtMs: 0 }]]);
    use.note('a', 59_999);
    use.note('a', 60_000);
    await use.stop();
    expect(batches[1]).toEqual([{ id: 'a', usedAtMs: 60_000 }]);
  });

  it('is reported by itself', async () => {
    const reported = Promise.withResolvers<void>();
    const use = new KeyUse({ report: async () => reported.resolve(), logger, everyMs: 1 });
    use.note('a', 0);
    // The timer keeps no process alive, so this test has to.
    const alive = setTimeout(() => undefined, 5_000);
    await reported.promise;
    clearTimeout(alive);
  });

  it('that could not be reported comes with the next batch', async () => {
    let away = true;
    const batches: string[][] = [];
    const use = new KeyUse({
      report: async (keys) => {
        if (away) throw new Error('away');
        batches.push(keys.map(({ id }) => id));
      },
      logger,
    });
    use.note('a', 0);
    await use.stop();
    away = false;
    use.note('b', 1);
    await use.stop();
    expect(batches.flat().sort()).toEqual(['a', 'b']);
  });
});
