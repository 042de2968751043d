import type { SpendEntry } from '@llm-proxy/budgets';
import type { PricedUsage } from '@llm-proxy/usage-schema';

/** What a priced event adds to the spend counters: the amount that the project is charged. */
export const toSpendEntry = ({ id, time, data }: PricedUsage): SpendEntry => ({
  eventId: id,
  projectId: data.attribution.projectId,
  occurredAt: new Date(time),
  amountNanoUsd: BigInt(data.pricing.totalNanoUsd),
  dimensions: {
    user: data.attribution.userId,
    participant: data.attribution.participant,
    room: data.attribution.room,
    apiKey: data.attribution.apiKeyId,
  },
});
