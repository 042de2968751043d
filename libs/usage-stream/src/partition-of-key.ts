const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/**
 * The partition of a key: murmur2 modulo the count, as Kafka's own clients choose it, so that any other producer keeps the same order.
 * kafkajs has the same function on BigInt, at many times the cost.
 */
export const partitionOfKey = (key: string, partitions: number): number => (murmur2(Buffer.from(key)) & 0x7fff_ffff) % partitions;

const murmur2 = (bytes: Buffer): number => {
  let hash = SEED ^ bytes.length;
  const tail = bytes.length & ~3;
  for (let index = 0; index < tail; index += 4) hash = Math.imul(hash, MULTIPLIER) ^ mix(bytes.readInt32LE(index));
  hash = mixTail(hash, bytes, tail);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
};

const mix = (word: number): number => {
  const scaled = Math.imul(word, MULTIPLIER);
  return Math.imul(scaled ^ (scaled >>> 24), MULTIPLIER);
};

const mixTail = (hash: number, bytes: Buffer, tail: number): number => {
  const rest = bytes.length - tail;
  if (rest === 0) return hash;
  let word = 0;
  for (let index = rest - 1; index >= 0; index -= 1) word = (word << 8) | bytes[tail + index]!;
  return Math.imul(hash ^ word, MULTIPLIER);
};
