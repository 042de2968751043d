import { lineItemOf, pricedUsageOf } from '@llm-proxy/testing';
import { type PricedUsage, SURCHARGE_TYPE } from '@llm-proxy/usage-schema';

export interface PricedEventOptions {
  projectId: string;
  id?: string;
  model?: string;
  totalNanoUsd?: string;
  attribution?: Partial<PricedUsage['data']['attribution']>;
}

/** A priced event as metering publishes it; only what the test is about needs saying. */
export const pricedEvent = ({ model = 'gpt-5.4', totalNanoUsd = '2625000', ...event }: PricedEventOptions): PricedUsage =>
  pricedUsageOf({
    ...event,
    data: { requestModel: model, responseModel: model, usage: { prompt_tokens: 1_000 } },
    pricing: { model, totalNanoUsd, providerCostNanoUsd: '2500000', lines: [lineItemOf('input_tokens', '1000', 2_500_000n), { ...lineItemOf(SURCHARGE_TYPE, '1', 125_000n), unitPricePicoUsd: '0' }] },
  });
