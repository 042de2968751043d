import { Turns } from './turns.js';

describe('the turns of a socket', () => {
  const after = (...steps: ('ask' | 'start' | 'end' | 'fail')[]) => {
    const turns = new Turns();
    for (const step of steps) turns[step]();
    return turns.isOpen;
  };

  it.each([
    [['ask'], true],
    [['ask', 'start'], true],
    [['ask', 'start', 'end'], false],
    [['ask', 'end'], false],
    [['ask', 'fail'], false],
    [['start', 'end'], false],
    [['start', 'fail'], false],
    [['ask', 'start', 'ask', 'fail'], true],
    [['ask', 'ask', 'start', 'end'], true],
    [['end', 'fail', 'ask'], true],
  ] as const)('%j: open is %s', (steps, open) => {
    expect(after(...steps)).toBe(open);
  });

  it('times an answer from its question, and what is no answer not at all', () => {
    const turns = new Turns();
    turns.sawByte();
    expect(turns.timings()).toMatchObject({ firstByteMs: null, durationMs: 0 });
    turns.ask();
    expect(turns.timings().firstByteMs).toBeNull();
    turns.sawByte();
    const { firstByteMs, durationMs, startedAtMs } = turns.timings();
    expect(firstByteMs).toBeGreaterThanOrEqual(0);
    expect(durationMs).toBeGreaterThanOrEqual(firstByteMs!);
    expect(Math.abs(Date.now() - startedAtMs)).toBeLessThan(60_000);
  });
});
