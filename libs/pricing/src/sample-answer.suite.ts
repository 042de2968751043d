import type { Pricing, UsageData } from '@llm-proxy/usage-schema';
import { priceUsage } from './price-usage.js';
import type { PricingOptions } from './price-usage.js';
import type { UsageFacts } from './normalise/normalise-usage.js';
import type { PriceTable } from './price-table.js';

export type Answer = UsageFacts & Pick<UsageData, 'providerKey'>;

export const FIVE_PERCENT = { surchargeBasisPoints: 500 };

/** A managed answer of the OpenAI Responses API, as far as pricing looks at it. */
export const answer = (changes: Partial<Answer>): Answer => ({
  provider: 'openai',
  endpoint: '/v1/responses',
  requestModel: 'gpt-5.4',
  responseModel: null,
  requestServiceTier: null,
  responseServiceTier: null,
  usage: null,
  requestFacts: {},
  measurement: 'exact',
  providerKey: 'managed',
  ...changes,
});

export const anthropicAnswer = (requestModel: string, usage: Record<string, unknown>): Answer =>
  answer({ provider: 'anthropic', endpoint: '/v1/messages', requestModel, usage });

/** The bill of an answer that must be priceable. */
export const bill = (table: PriceTable, priced: Answer, options: PricingOptions = FIVE_PERCENT): Pricing => {
  const result = priceUsage(table, priced, options);
  if (result.status !== 'priced') throw new Error(`unpriceable: ${result.reason}`);
  return result.pricing;
};

/** Why an answer cannot be priced. */
export const refusal = (table: PriceTable, refused: Answer): string => {
  const result = priceUsage(table, refused, FIVE_PERCENT);
  if (result.status !== 'unpriceable') throw new Error(`priced: ${JSON.stringify(result.pricing)}`);
  return result.reason;
};

/** Usage type → quantity, without the surcharge. */
export const quantitiesOf = (pricing: Pricing): Record<string, string> =>
  Object.fromEntries(pricing.lines.filter(({ type }) => type !== 'llm_proxy_surcharge').map(({ type, quantity }) => [type, quantity]));
