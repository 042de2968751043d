import type { SetAsideRecord } from './port.js';

const COLUMNS = ['SET ASIDE', 'GROUP', 'ID', 'KEY', 'REASON'] as const;
const MAX_CELL = 80;

/** One line per message, oldest first, for a terminal. */
export const toTable = (records: readonly SetAsideRecord[]): string => {
  if (records.length === 0) return 'Nothing is set aside.';
  const rows = records.map(({ setAsideAt, group, id, key, reason }) => [setAsideAt.toISOString(), group, id, key, reason].map(toCell));
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const lines = [[...COLUMNS], ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
  return [...lines, '', `${records.length} set aside.`].join('\n');
};

/** Everything about one message, with its value: JSON where it is JSON, text where it is text, else base64. */
export const toDetails = (record: SetAsideRecord): string => {
  const { value, ...facts } = record;
  return JSON.stringify({ ...facts, setAsideAt: record.setAsideAt.toISOString(), ...readable(value) }, null, 2);
};

const toCell = (text: string): string => {
  // A reason may quote what a client sent: no control character reaches the terminal.
  const oneLine = text.replaceAll(/\s+/g, ' ').replaceAll(/\p{Cc}/gu, '\uFFFD');
  return oneLine.length > MAX_CELL ? `${oneLine.slice(0, MAX_CELL - 1)}…` : oneLine;
};

const readable = (value: Buffer): { value: unknown } | { valueBase64: string } => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value);
    return { value: parseJson(text) };
  } catch {
    return { valueBase64: value.toString('base64') };
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
