import { randomUUID } from 'node:crypto';
import type { OutgoingMessage, ReceivedMessage } from './port.js';

const PATIENCE_MS = 40_000;

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

export const message = (key: string, value: unknown): OutgoingMessage => ({ id: randomUUID(), key, value: Buffer.from(JSON.stringify(value)) });

export const valueOf = ({ value }: OutgoingMessage): Record<string, unknown> => JSON.parse(value.toString()) as Record<string, unknown>;

export const idsOf = (messages: readonly OutgoingMessage[]): string[] => [...new Set(messages.map(({ id }) => id))].sort();

export const isAscending = (values: bigint[]): boolean => values.every((value, index) => index === 0 || value > values[index - 1]!);

/** What a handler got. */
export interface Inbox {
  batches: ReceivedMessage[][];
  messages: ReceivedMessage[];
  handler(batch: ReceivedMessage[]): Promise<void>;
}

export const collect = (): Inbox => {
  const batches: ReceivedMessage[][] = [];
  const messages: ReceivedMessage[] = [];
  const handler = async (batch: ReceivedMessage[]): Promise<void> => {
    batches.push(batch);
    messages.push(...batch);
  };
  return { batches, messages, handler };
};

/** For a condition that comes true by itself. @throws when it does not */
export const until = async (condition: () => boolean | Promise<boolean>, everyMs = 20): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};
