import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import { type BatchRecord, type Compression, encodeRecordBatch } from './record-batch.js';

/** kafkajs's own names for what it hands to the encoding of a produce request. */
interface ProduceRequest {
  acks: number;
  timeout: number;
  transactionalId?: string | null;
  producerId: string | number;
  producerEpoch: number;
  compression?: number;
  topicData: { topic: string; partitions: PartitionData[] }[];
}

interface PartitionData {
  partition: number;
  firstSequence: number;
  messages: { key?: string | null; value: Buffer | null; headers?: Record<string, string>; timestamp?: unknown }[];
}

interface Encoder {
  buf: Buffer;
  offset: number;
}

type MakeRequest = (request: ProduceRequest) => { request: { encode(): Promise<unknown> }; response: unknown };

interface KafkajsProduce {
  protocol(options: { version: number }): MakeRequest;
}

/** Produce requests are alike from here on, up to the newest one that kafkajs knows. */
const FIRST_VERSION = 3;
const COMPRESSION_MASK = 0x07;

let isInstalled = false;

/**
 * kafkajs 2.2.4 builds every number of a record as a buffer of its own and then copies a batch eight times, each time into new memory that it first
 * fills with zeros. That was the largest part of what an event costs the process that publishes it. From here on its produce requests are
 * written in one pass; its own encoding stands in for whatever the usage stream never sends (transactions, own timestamps).
 */
export const encodeRequestsInOnePass = (): void => {
  if (isInstalled) return;
  isInstalled = true;
  const require = createRequire(import.meta.url);
  const produce = require('kafkajs/src/protocol/requests/produce/index.js') as KafkajsProduce;
  const EncoderClass = require('kafkajs/src/protocol/encoder.js') as new (size: number) => Encoder;
  const encode = async (request: ProduceRequest): Promise<Encoder> => {
    const encoder = new EncoderClass(1);
    encoder.buf = await encodeProduceRequest(request, compressionOf(request.compression ?? 0));
    encoder.offset = encoder.buf.length;
    return encoder;
  };
  const protocol = produce.protocol;
  produce.protocol = (options) => {
    const make = protocol(options);
    if (options.version < FIRST_VERSION) return make;
    return (request) => {
      const made = make(request);
      return isPlain(request) ? { ...made, request: { ...made.request, encode: () => encode(request) } } : made;
    };
  };
};

const compressionOf = (attributes: number): Compression | null => {
  const type = attributes & COMPRESSION_MASK;
  return type === kafkajs.CompressionTypes.None ? null : { type, compress: (buffer) => kafkajs.CompressionCodecs[type as keyof typeof kafkajs.CompressionCodecs]().compress({ buffer }) };
};

const isPlain = ({ transactionalId, topicData }: ProduceRequest): boolean =>
  transactionalId == null && topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every(({ timestamp }) => timestamp === undefined)));

/** The body of a produce request: https://kafka.apache.org/protocol#The_Messages_Produce (versions 3 to 7 are alike). */
export const encodeProduceRequest = async (request: ProduceRequest, compression: Compression | null): Promise<Buffer> => {
  const parts = [int16(-1), int16(request.acks), int32(request.timeout), int32(request.topicData.length)];
  for (const { topic, partitions } of request.topicData) {
    const name = Buffer.from(topic);
    parts.push(int16(name.length), name, int32(partitions.length));
    for (const { partition, firstSequence, messages } of partitions) {
      const { producerId, producerEpoch } = request;
      const options = { producerId: BigInt(producerId), producerEpoch, firstSequence, timestamp: Date.now() };
      const batch = await encodeRecordBatch(messages.map(toRecord), options, compression);
      parts.push(int32(partition), int32(batch.length), batch);
    }
  }
  return Buffer.concat(parts);
};

const NO_HEADERS = {};

const toRecord = ({ key, value, headers }: PartitionData['messages'][number]): BatchRecord => ({ key: key ?? null, value, headers: headers ?? NO_HEADERS });

const int16 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
};

const int32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
};
