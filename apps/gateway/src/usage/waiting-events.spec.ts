import fc from 'fast-check';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import { readLines } from './message-line.js';
import { WaitingEvents } from './waiting-events.js';

const event = (id: string, text: string) => ({ id, data: { attribution: { projectId: 'project' }, text } }) as unknown as UsageEvent;
const step = fc.oneof(
  fc.record({ add: fc.oneof(fc.string({ unit: 'binary', maxLength: 2_000 }), fc.nat({ max: 1_500_000 }).map((length) => '漢'.repeat(length / 3))) }),
  fc.record({ settle: fc.nat({ max: 20 }) }),
);

it('gives events back as they came, oldest first, whatever is added and settled in between', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const waiting = new WaitingEvents();
      const expected: UsageEvent[] = [];
      for (const [index, now] of steps.entries()) {
        if ('add' in now) {
          const added = event(`id-${index}`, now.add);
          const { bytes, from, to } = waiting.add(added);
          expect(readLines(bytes.subarray(from, to)).messages.map(({ id }) => id)).toEqual([added.id]);
          expected.push(added);
        } else {
          const count = Math.min(now.settle, expected.length);
          waiting.settle(count);
          expected.splice(0, count);
        }
        expect(waiting.length).toBe(expected.length);
        const seen = waiting.peek(7);
        expect(seen.map(({ id, key, value }) => [id, key, value.toString()])).toEqual(expected.slice(0, 7).map((one) => [one.id, 'project', JSON.stringify(one)]));
      }
      expect(waiting.peek(Infinity)).toHaveLength(expected.length);
    }),
    { numRuns: 60 },
  );
});

it('uses its buffers again', () => {
  const waiting = new WaitingEvents();
  const buffers = new Set<Buffer>();
  for (let round = 0; round < 100; round++) {
    for (let index = 0; index < 50; index++) buffers.add(waiting.add(event('id', 'x'.repeat(5_000))).bytes);
    waiting.settle(50);
  }
  expect(buffers.size).toBeLessThanOrEqual(3);
});
