import { crc32 } from 'node:zlib';
import { type UsageEvent, partitionKeyOf } from '@llm-proxy/usage-schema';
import type { OutgoingMessage } from '@llm-proxy/usage-stream';

/** Eight hexadecimal digits and a space. */
const CHECKSUM_BYTES = 9;
const LINE_FEED = 0x0a;
const SPACE = 0x20;

/** A message as it goes to the stream, and as a line for the disk: `<crc32> <id> <key> <value as one line of JSON>`. The value lies in the line. */
export interface LinedMessage extends OutgoingMessage {
  line: Buffer;
}

export const toLinedMessage = (event: UsageEvent): LinedMessage => {
  const { id } = event;
  const key = partitionKeyOf(event);
  const head = `${NO_CHECKSUM} ${id} ${key} `;
  const line = Buffer.from(`${head}${JSON.stringify(event)}\n`);
  line.write(checksumOf(line.subarray(CHECKSUM_BYTES, line.length - 1)), 'latin1');
  return { id, key, value: line.subarray(Buffer.byteLength(head), line.length - 1), line };
};

const NO_CHECKSUM = '00000000';

const checksumOf = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0');

/** Line feeds cannot stand in it: values are JSON. */
export const toLine = ({ id, key, value }: OutgoingMessage): Buffer => {
  const rest = Buffer.concat([Buffer.from(`${id} ${key} `), value]);
  return Buffer.concat([Buffer.from(`${checksumOf(rest)} `), rest, Buffer.from('\n')]);
};

/** @returns null when the line is not whole */
const fromLine = (line: Buffer): OutgoingMessage | null => {
  const rest = line.subarray(CHECKSUM_BYTES);
  if (line.length < CHECKSUM_BYTES + 3 || line.toString('latin1', 0, CHECKSUM_BYTES - 1) !== checksumOf(rest)) return null;
  const first = rest.indexOf(SPACE);
  const second = rest.indexOf(SPACE, first + 1);
  if (first < 0 || second < 0) return null;
  return { id: rest.toString('utf8', 0, first), key: rest.toString('utf8', first + 1, second), value: Buffer.from(rest.subarray(second + 1)) };
};

/**
 * The messages of whole lines, up to the first that is not: a crash may have cut it.
 * @returns `bytes`: where the last whole line ends
 */
export const readLines = (bytes: Buffer, maxMessages = Infinity): { messages: OutgoingMessage[]; bytes: number } => {
  const messages: OutgoingMessage[] = [];
  let at = 0;
  while (messages.length < maxMessages) {
    const end = bytes.indexOf(LINE_FEED, at);
    const message = end < 0 ? null : fromLine(bytes.subarray(at, end));
    if (message === null) break;
    messages.push(message);
    at = end + 1;
  }
  return { messages, bytes: at };
};
