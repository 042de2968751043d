import { hash } from 'node:crypto';
import type { PricedUsage } from '@llm-proxy/usage-schema';
import type { Column } from '../database/unnest.js';
import { clientName } from './client-name.js';
import { fromBillionths, toBillionths } from './decimal-quantity.js';

interface Dimensions {
  projectId: string;
  /** UTC, `2026-11-22`. */
  day: string;
  userId: string | null;
  participant: string | null;
  serviceAccountId: string | null;
  room: string | null;
  apiKeyId: string | null;
  client: string | null;
  provider: string;
  model: string;
}

export interface TotalRow {
  dimensions: Dimensions;
  type: string;
  dimensionsKey: string;
  quantityBillionths: bigint;
  amountNanoUsd: bigint;
  events: number;
}

/** What the events add to the totals: one row per combination of dimensions. */
export const totalRows = (events: readonly PricedUsage[]): TotalRow[] => {
  // By the dimensions of the event first and by type below: the long key is looked up once per event, not once per line.
  const groups = new Map<string, Map<string, TotalRow>>();
  for (const event of events) {
    const dimensions = dimensionsOf(event);
    const text = JSON.stringify(dimensions);
    let byType = groups.get(text);
    if (!byType) groups.set(text, (byType = new Map()));
    for (const line of event.data.pricing.lines) {
      const row = rowOf(byType, text, dimensions, line.type);
      row.quantityBillionths += toBillionths(line.quantity);
      row.amountNanoUsd += BigInt(line.amountNanoUsd);
      row.events += 1;
    }
  }
  return [...groups.values()].flatMap((byType) => [...byType.values()]);
};

const dimensionsOf = ({ time, data }: PricedUsage): Dimensions => {
  const { attribution } = data;
  return {
    projectId: attribution.projectId.toLowerCase(),
    day: new Date(time).toISOString().slice(0, 10),
    userId: attribution.userId,
    participant: attribution.participant,
    serviceAccountId: attribution.serviceAccountId,
    room: attribution.room,
    apiKeyId: attribution.apiKeyId?.toLowerCase() ?? null,
    client: clientName(attribution.client),
    provider: data.provider,
    model: data.pricing.model,
  };
};

const rowOf = (byType: Map<string, TotalRow>, text: string, dimensions: Dimensions, type: string): TotalRow => {
  const known = byType.get(type);
  if (known) return known;
  const row = { dimensions, type, dimensionsKey: digest(`${text}${type}`), quantityBillionths: 0n, amountNanoUsd: 0n, events: 0 };
  byType.set(type, row);
  return row;
};

/** The first 128 bits of SHA-256, in the form of a UUID. */
const digest = (text: string): string => hash('sha256', text).slice(0, 32);

export const totalColumns: readonly Column<TotalRow>[] = [
  { name: 'project_id', type: 'uuid', value: (row) => row.dimensions.projectId },
  { name: 'day', type: 'date', value: (row) => row.dimensions.day },
  { name: 'dimensions_key', type: 'uuid', value: (row) => row.dimensionsKey },
  { name: 'user_id', type: 'text', value: (row) => row.dimensions.userId },
  { name: 'participant', type: 'text', value: (row) => row.dimensions.participant },
  { name: 'service_account_id', type: 'text', value: (row) => row.dimensions.serviceAccountId },
  { name: 'room', type: 'text', value: (row) => row.dimensions.room },
  { name: 'api_key_id', type: 'uuid', value: (row) => row.dimensions.apiKeyId },
  { name: 'client', type: 'text', value: (row) => row.dimensions.client },
  { name: 'provider', type: 'text', value: (row) => row.dimensions.provider },
  { name: 'model', type: 'text', value: (row) => row.dimensions.model },
  { name: 'type', type: 'text', value: (row) => row.type },
  { name: 'quantity', type: 'numeric', value: (row) => fromBillionths(row.quantityBillionths) },
  { name: 'amount_nano', type: 'bigint', value: (row) => String(row.amountNanoUsd) },
  { name: 'events', type: 'bigint', value: (row) => String(row.events) },
];
