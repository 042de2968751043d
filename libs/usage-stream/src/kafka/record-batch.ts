import { crc32c } from './crc32c.js';

export interface BatchRecord {
  key: string | null;
  value: Buffer | null;
  headers: Record<string, string>;
}

export interface RecordBatchOptions {
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  /** Milliseconds since 1970, of every record. */
  timestamp: number;
}

/** Number of Kafka's compression type, and what packs a batch's records. */
export interface Compression {
  type: number;
  compress(records: Buffer): Promise<Buffer>;
}

// Layout of a batch, format 2: https://kafka.apache.org/documentation/#recordbatch
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const FIRST_SEQUENCE_AT = 53;
const COUNT_AT = 57;
const RECORDS_AT = 61;
const MAGIC = 2;

/** One batch as Kafka stores it, written into one buffer. */
export const encodeRecordBatch = async (records: readonly BatchRecord[], options: RecordBatchOptions, compression: Compression | null): Promise<Buffer> => {
  const sizes = records.map(bodySizeOf);
  const bytes = sizes.reduce((sum, size) => sum + varintSize(size) + size, 0);
  const offset = compression === null ? RECORDS_AT : 0;
  const plain = Buffer.allocUnsafe(offset + bytes);
  let at = offset;
  records.forEach((record, index) => (at = writeRecord(plain, at, record, index, sizes[index]!)));
  if (compression === null) return finishBatch(plain, records.length, options, 0);
  const packed = await compression.compress(plain);
  const batch = Buffer.allocUnsafe(RECORDS_AT + packed.length);
  packed.copy(batch, RECORDS_AT);
  return finishBatch(batch, records.length, options, compression.type);
};

const finishBatch = (batch: Buffer, count: number, options: RecordBatchOptions, attributes: number): Buffer => {
  batch.fill(0, 0, LENGTH_AT);
  batch.writeInt32BE(batch.length - LENGTH_AT - 4, LENGTH_AT);
  batch.writeInt32BE(0, LENGTH_AT + 4);
  batch[MAGIC_AT] = MAGIC;
  batch.writeInt16BE(attributes, ATTRIBUTES_AT);
  batch.writeInt32BE(count - 1, LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(BigInt(options.timestamp), FIRST_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(options.timestamp), MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(options.producerId, PRODUCER_ID_AT);
  batch.writeInt16BE(options.producerEpoch, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(options.firstSequence, FIRST_SEQUENCE_AT);
  batch.writeInt32BE(count, COUNT_AT);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES_AT, batch.length), CRC_AT);
  return batch;
};

/** Without its own length in front. Attributes and timestamp delta are zero and take a byte each. */
const bodySizeOf = ({ key, value, headers }: BatchRecord, index: number): number => {
  let size = 2 + varintSize(index) + textSize(key) + (value === null ? 1 : varintSize(value.length) + value.length);
  let count = 0;
  for (const name in headers) {
    size += textSize(name) + textSize(headers[name]!);
    count++;
  }
  return size + varintSize(count);
};

const writeRecord = (into: Buffer, from: number, { key, value, headers }: BatchRecord, index: number, size: number): number => {
  let at = writeVarint(into, from, size);
  into[at++] = 0;
  into[at++] = 0;
  at = writeVarint(into, at, index);
  at = writeText(into, at, key);
  if (value === null) at = writeVarint(into, at, -1);
  else {
    at = writeVarint(into, at, value.length);
    at += value.copy(into, at);
  }
  const names = Object.keys(headers);
  at = writeVarint(into, at, names.length);
  for (const name of names) at = writeText(into, writeText(into, at, name), headers[name]!);
  return at;
};

const textSize = (text: string | null): number => {
  if (text === null) return 1;
  const bytes = Buffer.byteLength(text);
  return varintSize(bytes) + bytes;
};

const writeText = (into: Buffer, from: number, text: string | null): number => {
  if (text === null) return writeVarint(into, from, -1);
  const at = writeVarint(into, from, Buffer.byteLength(text));
  return at + into.write(text, at);
};

/** Zigzag, so that small negative numbers are short too. */
const zigzag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0;

const varintSize = (value: number): number => {
  const bits = 32 - Math.clz32(zigzag(value));
  return bits === 0 ? 1 : Math.ceil(bits / 7);
};

const writeVarint = (into: Buffer, from: number, value: number): number => {
  let rest = zigzag(value);
  let at = from;
  while (rest > 0x7f) {
    into[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[at++] = rest;
  return at;
};
