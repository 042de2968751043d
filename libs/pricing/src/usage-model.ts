import type { PriceTable } from './price-table.js';

interface NamedModels {
  provider: string;
  responseModel: string | null;
  requestModel: string | null;
}

const trimmed = (name: string | null): string | null => name?.trim() || null;

/**
 * The name whose prices are used. Providers answer with a dated snapshot of what was asked for: it is taken when it is priced in
 * the service tier, else the requested name. Only when that one has no price at all does a snapshot priced in other tiers do.
 * @returns null when neither is given; the name may be without a price
 */
export const resolveUsageModel = (table: PriceTable, named: NamedModels, serviceTier: string | null): string | null => {
  const response = trimmed(named.responseModel);
  const request = trimmed(named.requestModel);
  if (response === null || request === null) return response ?? request;
  if (table.isAvailable(named.provider, response, serviceTier)) return response;
  return table.has(named.provider, response) && !table.has(named.provider, request) ? response : request;
};
