import { z } from 'zod';
import { picoUsdToNumber } from './money.js';
import { priceTableSchema } from './price-table.schema.js';
import type { PriceTableData } from './price-table.schema.js';
import { pricedModelsOf } from './priced-model.js';
import type { PricedModel } from './priced-model.js';

type UnitPricesUsd = Record<string, Record<string, Record<string, number>>>;

/** The prices of one period, prepared for lookup. Immutable; every lookup is by exact name. */
export class PriceTable {
  readonly version: string;
  readonly validFrom: Date;
  readonly #providers: ReadonlyMap<string, ReadonlyMap<string, PricedModel>>;
  readonly #modelNames: ReadonlyMap<string, readonly string[]>;

  /** @throws Error when a price is not a whole number of pico-dollars, or a model is priced twice or named without a price */
  constructor(data: PriceTableData) {
    this.version = data.version;
    this.validFrom = new Date(data.validFrom);
    this.#providers = new Map(Object.entries(data.providers).map(([provider, prices]) => [provider, pricedModelsOf(prices)]));
    this.#modelNames = new Map([...this.#providers].map(([provider, models]) => [provider, Object.freeze([...models.keys()])]));
  }

  has(provider: string, model: string): boolean {
    return this.lookup(provider, model) !== undefined;
  }

  /** @returns pico-dollars for one unit of the usage type */
  unitPricePicoUsd(provider: string, model: string, type: string): bigint | undefined {
    return this.lookup(provider, model)?.prices.get(type);
  }

  /**
   * Whether a request may be forwarded: the model is priced, and so is the service tier it asks for.
   * `auto` counts as the default tier; a provider without priced tiers accepts any.
   */
  isAvailable(provider: string, model: string, serviceTier: string | null): boolean {
    const priced = this.lookup(provider, model);
    if (priced === undefined) return false;
    const tiers = priced.acceptedTiers;
    return serviceTier === null || tiers === null || tiers.has(serviceTier) || tiers.has(serviceTier.trim().toLowerCase());
  }

  models(provider: string): readonly string[] {
    return this.#modelNames.get(provider) ?? [];
  }

  /** Prices and rules of one model, for the code that turns usage into lines. */
  lookup(provider: string, model: string): PricedModel | undefined {
    return this.#providers.get(provider)?.get(model);
  }

  /** Provider → model → usage type → US$ for one unit. For display; the exact price is `unitPricePicoUsd`. */
  toJSON(): UnitPricesUsd {
    const unitPrices = ({ prices }: PricedModel) => Object.fromEntries([...prices].map(([type, price]) => [type, picoUsdToNumber(price)]));
    return Object.fromEntries(
      [...this.#providers].map(([provider, models]) => [
        provider,
        Object.fromEntries([...models].map(([model, priced]) => [model, unitPrices(priced)])),
      ]),
    );
  }
}

/**
 * Checks parsed JSON in the format of `data/README.md` and prepares it for lookup.
 * @throws Error that names the table and what is wrong with it
 */
export const parsePriceTable = (json: unknown): PriceTable => {
  const parsed = priceTableSchema.safeParse(json);
  if (!parsed.success) throw new Error(`price table is malformed:\n${z.prettifyError(parsed.error)}`);
  try {
    return new PriceTable(parsed.data);
  } catch (error) {
    throw new Error(`price table ${parsed.data.version}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};
