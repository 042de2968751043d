import { createRequire } from 'node:module';
import { zstdCompressSync } from 'node:zlib';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from './crc32c.js';
import { encodeProduceRequest, encodeRequestsInOnePass } from './one-pass-requests.js';
import { registerZstd } from './zstd-codec.js';

const require = createRequire(import.meta.url);
type Request = Parameters<typeof encodeProduceRequest>[0];
const kafkajsRequest = require('kafkajs/src/protocol/requests/produce/v3/request.js') as (request: Request) => { encode(): Promise<{ buffer: Buffer }> };

const ZSTD = 4;
const text = fc.string({ unit: 'binary', maxLength: 300 });
const message = fc.record({
  key: fc.option(text),
  value: fc.option(fc.uint8Array({ maxLength: 20_000 }).map((bytes) => Buffer.from(bytes))),
  headers: fc.dictionary(text, text, { maxKeys: 4 }),
});
const partition = fc.record({ partition: fc.nat({ max: 100 }), firstSequence: fc.nat(), messages: fc.array(message, { minLength: 1, maxLength: 200 }) });
const request = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  producerId: fc.maxSafeNat().map(String),
  producerEpoch: fc.nat({ max: 32_767 }),
  topicData: fc.array(fc.record({ topic: fc.string({ maxLength: 20 }), partitions: fc.array(partition, { maxLength: 3 }) }), { maxLength: 2 }),
});

beforeAll(registerZstd);
beforeEach(() => jest.useFakeTimers({ now: Date.UTC(2026, 10, 22), doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'] }));
afterEach(() => jest.useRealTimers());

it('writes what kafkajs writes', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (plain) => {
      const expected = (await kafkajsRequest({ ...plain, compression: 0 }).encode()).buffer;
      expect((await encodeProduceRequest(plain, null)).equals(expected)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('packs as kafkajs packs', async () => {
  const compression = { type: ZSTD, compress: (records: Buffer) => Promise.resolve(zstdCompressSync(records, { params: { 100: 1 } })) };
  await fc.assert(
    fc.asyncProperty(request, async (packed) => {
      const small = { ...packed, topicData: packed.topicData.map((data) => ({ ...data, partitions: data.partitions.map((one) => ({ ...one, messages: one.messages.slice(0, 2) })) })) };
      const expected = (await kafkajsRequest({ ...small, compression: ZSTD }).encode()).buffer;
      expect((await encodeProduceRequest(small, compression)).equals(expected)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it('is what kafkajs sends from then on, but for what it does not know', async () => {
  encodeRequestsInOnePass();
  const { protocol } = require('kafkajs/src/protocol/requests/produce/index.js') as { protocol(options: { version: number }): (made: Request) => { request: { encode(): Promise<{ buf: Buffer; offset: number }> } } };
  const one = (more: object): Request => ({
    acks: -1,
    timeout: 1_000,
    producerId: '7',
    producerEpoch: 0,
    topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [{ key: 'k', value: Buffer.from('v'), ...more }] }] }],
  });
  const room = async (made: Request) => {
    const { buf, offset } = await protocol({ version: 7 })(made).request.encode();
    return buf.length - offset;
  };
  expect(await room(one({}))).toBe(0);
  expect(await room(one({ timestamp: '1700000000000' }))).toBeGreaterThan(0);
  expect(await room({ ...one({}), transactionalId: 'x' })).toBeGreaterThan(0);
});

it('takes the checksum that Kafka takes', () => {
  // The check value of CRC-32C, as RFC 3720 and the catalogues give it.
  const digits = Buffer.from('--123456789--');
  expect(crc32c(digits, 2, digits.length - 2)).toBe(0xe3069283);
});
