import type { SpendCounters } from '@llm-proxy/budgets';
import type { PriceRules } from '@llm-proxy/pricing';
import { partitionKeyOf, PRICED_USAGE_TOPIC, type PricedUsage, type UsageEvent } from '@llm-proxy/usage-schema';
import type { OutgoingMessage, ReceivedMessage, SetAside, UsageStream } from '@llm-proxy/usage-stream';
import { decodeUsage } from './decode-usage.js';
import { priceEvent } from './price-event.js';
import type { RecentEvents } from './recent-events.js';
import { toSpendEntry } from './to-spend-entry.js';

export interface MeteringParts extends PriceRules {
  stream: Pick<UsageStream, 'publish'>;
  counters: Pick<SpendCounters, 'add'>;
  recent: RecentEvents;
  /** Told of every batch that is done. */
  watch?: MeteringWatch | undefined;
}

export interface MeteringWatch {
  metered(events: readonly PricedUsage[], setAside: readonly SetAside[]): void;
}

/** A value together with the message it was made from. */
interface From<Value> {
  message: ReceivedMessage;
  value: Value;
}

interface Sorted<Value> {
  good: From<Value>[];
  setAside: SetAside[];
}

/**
 * Prices the usage events of a batch, publishes them and counts what they cost. Safe to repeat with the same batch.
 * @returns the messages that cannot be metered, with their reasons
 * @throws what the stream or the counters say; the batch has to come again then
 */
export const meterBatch = async (batch: readonly ReceivedMessage[], parts: MeteringParts): Promise<SetAside[]> => {
  const decoded = decodeAll(batch);
  const fresh = withoutDuplicates(decoded.good, parts.recent);
  const priced = priceAll(fresh, parts);
  const events = priced.good.map(({ value }) => value);
  // Publishing comes first: the priced event is the bill, and counters can be rebuilt from bills. Counted but never billed could not be mended.
  await publish(events, parts);
  await parts.counters.add(events.map(toSpendEntry));
  parts.recent.done(events.map(({ id }) => id));
  const setAside = [...decoded.setAside, ...priced.setAside];
  parts.watch?.metered(events, setAside);
  return setAside;
};

const sortOut = <Input, Output>(inputs: readonly From<Input>[], step: (input: Input) => { ok: true; event: Output } | { ok: false; reason: string }): Sorted<Output> => {
  const sorted: Sorted<Output> = { good: [], setAside: [] };
  for (const { message, value } of inputs) {
    const outcome = step(value);
    if (outcome.ok) sorted.good.push({ message, value: outcome.event });
    else sorted.setAside.push({ message, reason: outcome.reason });
  }
  return sorted;
};

const decodeAll = (batch: readonly ReceivedMessage[]): Sorted<UsageEvent> =>
  sortOut(batch.map((message) => ({ message, value: message.value })), decodeUsage);

const withoutDuplicates = (events: readonly From<UsageEvent>[], recent: RecentEvents): From<UsageEvent>[] => {
  const seen = new Set<string>();
  return events.filter(({ value: { id } }) => {
    if (seen.has(id) || recent.isDone(id)) return false;
    seen.add(id);
    return true;
  });
};

const priceAll = (events: readonly From<UsageEvent>[], rules: PriceRules): Sorted<PricedUsage> => sortOut(events, (event) => priceEvent(event, rules));

/** Leaves out what this process published before the counters failed: an outage of theirs must not fill the stream with copies. */
const publish = async (events: readonly PricedUsage[], { stream, recent }: MeteringParts): Promise<void> => {
  const unpublished = events.filter(({ id }) => !recent.isPublished(id));
  if (unpublished.length === 0) return;
  await stream.publish(PRICED_USAGE_TOPIC, unpublished.map(toMessage));
  recent.published(unpublished.map(({ id }) => id));
};

const toMessage = (event: PricedUsage): OutgoingMessage => ({ id: event.id, key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) });
