import type { LineItem, PricedUsage } from '@llm-proxy/usage-schema';
import type { Column } from '../database/unnest.js';

export interface LineRow {
  eventId: string;
  position: number;
  line: LineItem;
}

export const lineRows = (events: readonly PricedUsage[]): LineRow[] =>
  events.flatMap((event) => event.data.pricing.lines.map((line, position) => ({ eventId: event.id, position, line })));

export const lineColumns: readonly Column<LineRow>[] = [
  { name: 'event_id', type: 'uuid', value: (row) => row.eventId },
  { name: 'position', type: 'smallint', value: (row) => String(row.position) },
  { name: 'type', type: 'text', value: (row) => row.line.type },
  { name: 'quantity', type: 'numeric', value: (row) => row.line.quantity },
  { name: 'unit_price_pico', type: 'bigint', value: (row) => row.line.unitPricePicoUsd },
  { name: 'amount_nano', type: 'bigint', value: (row) => row.line.amountNanoUsd },
];
