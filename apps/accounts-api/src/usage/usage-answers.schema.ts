import { z } from 'zod';

const moneyText = () => z.string().regex(/^-?\d+$/);
const dateTime = () => z.iso.datetime({ offset: true });

/** A row of a report. Numbers are for showing; the `_nano_usd` texts are exact. */
export const usageRowSchema = z
  .object({
    project_id: z.uuid(),
    project_name: z.string().nullable(),
    time: dateTime().optional().describe('Start of the interval.'),
    provider: z.string().optional(),
    model: z.string().optional(),
    type: z.string().optional(),
    total: z.number().describe('The quantity; on the surcharge row the amount in US$.'),
    quantity: z.string().describe('Decimal text.'),
    subtotal: z.number(),
    price: z.number().describe('US$.'),
    price_nano_usd: moneyText(),
    user_id: z.string().nullable().optional(),
    user_name: z.string().nullable().optional(),
    room: z.string().nullable().optional(),
    client: z.string().nullable().optional(),
    api_key_id: z.string().nullable().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: 'UsageRow' });

export const usageSchema = z.object({ usage: z.array(usageRowSchema) });

const costLineSchema = z.object({ type: z.string(), quantity: z.string(), unit_price_pico_usd: moneyText(), price: z.number(), price_nano_usd: moneyText() });

/** One call and what it cost. */
export const requestCostSchema = z
  .object({
    id: z.uuid(),
    project_id: z.uuid(),
    timestamp: dateTime(),
    provider: z.string(),
    path: z.string(),
    transport: z.string(),
    model: z.string(),
    request_model: z.string().nullable(),
    response_model: z.string().nullable(),
    outcome: z.string(),
    measurement: z.string(),
    status: z.int(),
    provider_key: z.string(),
    provider_request_id: z.string().nullable(),
    api_key_id: z.uuid().nullable(),
    user_id: z.string().nullable(),
    participant: z.string().nullable(),
    room: z.string().nullable(),
    client: z.string().nullable(),
    annotations: z.record(z.string(), z.string()),
    usage: z.record(z.string(), z.unknown()).nullable().describe("The provider's own usage object."),
    price_version: z.string(),
    price: z.number(),
    price_nano_usd: moneyText(),
    provider_cost_nano_usd: moneyText(),
    surcharge_nano_usd: moneyText(),
    unpriced_types: z.array(z.string()),
    first_byte_ms: z.number().nullable(),
    duration_ms: z.number(),
    lines: z.array(costLineSchema),
  })
  .meta({ id: 'RequestCost' });

export const requestCostAnswerSchema = z.object({ request: requestCostSchema });

export const unpricedSchema = z.object({
  unpriced: z.array(
    z.object({
      provider: z.string(),
      model: z.string(),
      type: z.string(),
      price_version: z.string(),
      events: z.int(),
      first_seen_at: dateTime(),
      last_seen_at: dateTime(),
    }),
  ),
});
