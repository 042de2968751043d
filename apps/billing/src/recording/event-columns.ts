import type { PricedUsage } from '@llm-proxy/usage-schema';
import type { Column } from '../database/unnest.js';
import { clientName } from './client-name.js';

type Value = (event: PricedUsage) => string | null;

const text = (name: string, value: Value): Column<PricedUsage> => ({ name, type: 'text', value });
const uuid = (name: string, value: Value): Column<PricedUsage> => ({ name, type: 'uuid', value });
const bigint = (name: string, value: Value): Column<PricedUsage> => ({ name, type: 'bigint', value });
const jsonb = (name: string, value: (event: PricedUsage) => object | null): Column<PricedUsage> => ({
  name,
  type: 'jsonb',
  value: (event) => {
    const json = value(event);
    return json === null ? null : JSON.stringify(json);
  },
});
const milliseconds = (name: string, value: (event: PricedUsage) => number | null): Column<PricedUsage> => ({
  name,
  type: 'double precision',
  value: (event) => value(event)?.toString() ?? null,
});

/** An event as a row of `usage_events`. Unpriced types are JSON: an array cannot be an element of `unnest`. */
export const eventColumns: readonly Column<PricedUsage>[] = [
  uuid('id', (event) => event.id),
  uuid('project_id', (event) => event.data.attribution.projectId),
  { name: 'occurred_at', type: 'timestamptz', value: (event) => new Date(event.time).toISOString() },
  text('provider', (event) => event.data.provider),
  text('endpoint', (event) => event.data.endpoint),
  text('transport', (event) => event.data.transport),
  text('request_model', (event) => event.data.requestModel),
  text('response_model', (event) => event.data.responseModel),
  text('model', (event) => event.data.pricing.model),
  text('request_service_tier', (event) => event.data.requestServiceTier),
  text('response_service_tier', (event) => event.data.responseServiceTier),
  text('outcome', (event) => event.data.outcome),
  text('measurement', (event) => event.data.measurement),
  text('provider_key', (event) => event.data.providerKey),
  { name: 'status', type: 'integer', value: (event) => String(event.data.status) },
  text('provider_request_id', (event) => event.data.providerRequestId),
  text('credential', (event) => event.data.attribution.credential),
  uuid('api_key_id', (event) => event.data.attribution.apiKeyId),
  text('service_account_id', (event) => event.data.attribution.serviceAccountId),
  text('user_id', (event) => event.data.attribution.userId),
  text('participant', (event) => event.data.attribution.participant),
  text('on_behalf_of', (event) => event.data.attribution.onBehalfOf),
  text('room', (event) => event.data.attribution.room),
  text('client', (event) => clientName(event.data.attribution.client)),
  jsonb('annotations', (event) => event.data.attribution.annotations),
  jsonb('usage', (event) => event.data.usage),
  jsonb('request_facts', (event) => event.data.requestFacts),
  text('price_version', (event) => event.data.pricing.priceVersion),
  bigint('provider_cost_nano', (event) => event.data.pricing.providerCostNanoUsd),
  bigint('surcharge_nano', (event) => event.data.pricing.surchargeNanoUsd),
  bigint('total_nano', (event) => event.data.pricing.totalNanoUsd),
  jsonb('unpriced_types', (event) => event.data.pricing.unpricedTypes),
  milliseconds('first_byte_ms', (event) => event.data.timings.firstByteMs),
  milliseconds('duration_ms', (event) => event.data.timings.durationMs),
];
