import { crc32 } from 'node:zlib';
import { type UsageEvent, partitionKeyOf } from '@llm-proxy/usage-schema';
import type { OutgoingMessage } from '@llm-proxy/usage-stream';

/** Eight hexadecimal digits and a space. */
const CHECKSUM_BYTES = 9;
const LINE_FEED = 0x0a;
const SPACE = 0x20;

/** An event as a line for the disk: `<crc32> <id> <key> <value as one line of JSON>`, its checksum still to be made. The value is what goes to the stream. */
export const lineOf = (event: UsageEvent): string => `${NO_CHECKSUM} ${event.id} ${partitionKeyOf(event)} ${JSON.stringify(event)}\n`;

/**
 * @param into has room for it
 * @returns the index after the line
 */
export const writeLine = (into: Buffer, from: number, line: string): number => {
  const to = from + into.write(line, from);
  into.write(checksumOf(into.subarray(from + CHECKSUM_BYTES, to - 1)), from, 'latin1');
  return to;
};

/** The message of a line that is known to be whole; its value is a view. */
export const messageIn = (bytes: Buffer, from: number, to: number): OutgoingMessage => {
  const id = from + CHECKSUM_BYTES;
  const key = bytes.indexOf(SPACE, id) + 1;
  const value = bytes.indexOf(SPACE, key) + 1;
  return { id: bytes.toString('utf8', id, key - 1), key: bytes.toString('utf8', key, value - 1), value: bytes.subarray(value, to - 1) };
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
  const isWhole = line.length >= CHECKSUM_BYTES + 3 && line.toString('latin1', 0, CHECKSUM_BYTES - 1) === checksumOf(line.subarray(CHECKSUM_BYTES));
  if (!isWhole) return null;
  const message = messageIn(line, 0, line.length + 1);
  return { ...message, value: Buffer.from(message.value) };
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
