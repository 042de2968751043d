import type { ProjectPolicy } from '@llm-proxy/shared-auth';
import type { UsageData, UsageEvent } from '@llm-proxy/usage-schema';

type Adjusted = Pick<UsageData, 'priceAdjustments'>;

/** The operator's discounts and markups for a project, as far as they concern the provider; most projects have none, and their events say nothing. */
export const priceAdjustmentsFor = ({ priceAdjustments = [] }: Pick<ProjectPolicy, 'priceAdjustments'>, provider: string): Adjusted => {
  const ours = priceAdjustments.filter((adjustment) => adjustment.provider === undefined || adjustment.provider === provider);
  return ours.length === 0 ? {} : { priceAdjustments: ours };
};

export const withPriceAdjustments = (event: UsageEvent, adjusted: Adjusted): UsageEvent => ({ ...event, data: { ...event.data, ...adjusted } });
