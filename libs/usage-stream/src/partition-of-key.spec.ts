import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { partitionOfKey } from './partition-of-key.js';

test('agrees with the partitioner of Kafka clients for every key and number of partitions', () => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const metadataOf = (count: number) =>
    Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1, partitionErrorCode: 0, replicas: [1], isr: [1] }));
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
      const expected = partitioner({ topic: 't', partitionMetadata: metadataOf(partitions), message: { key, value: null } });
      expect(partitionOfKey(key, partitions)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test('spreads project ids over the partitions', () => {
  const counts = new Map<number, number>();
  for (let index = 0; index < 12_000; index += 1) {
    const partition = partitionOfKey(`0198c5a2-0000-7000-8000-${String(index).padStart(12, '0')}`, 12);
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
  }
  expect(counts.size).toBe(12);
  for (const count of counts.values()) expect(count).toBeGreaterThan(700);
});
