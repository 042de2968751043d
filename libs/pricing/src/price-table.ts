import type { PriceAdjustment } from '@llm-proxy/usage-schema';
import { z } from 'zod';
import { picoUsdToNumber } from './money.js';
import { adjustmentOf } from './price-adjustment.js';
import type { Adjustment } from './price-adjustment.js';
import { priceTableSchema } from './price-table.schema.js';
import type { PriceTableData } from './price-table.schema.js';
import { pricedModelsOf } from './priced-model.js';
import type { PricedModel, ProviderRules } from './priced-model.js';
import { tierNamed } from './tier-name.js';

type UnitPricesUsd = Record<string, Record<string, Record<string, number>>>;

/** The prices of one period, prepared for lookup. Immutable; every lookup is by exact name. */
export class PriceTable {
  readonly version: string;
  readonly validFrom: Date;
  readonly #providers: ReadonlyMap<string, ReadonlyMap<string, PricedModel>>;
  readonly #modelNames: ReadonlyMap<string, readonly string[]>;

  readonly #adjustments: readonly PriceAdjustment[];

  /**
   * @param adjustments the deployment's discounts and markups, while the table holds
   * @throws Error when a price is not a whole number of pico-dollars, a model is priced twice or named without a price, or a threshold has no `_long` price
   */
  constructor(data: PriceTableData, adjustments: readonly PriceAdjustment[] = []) {
    this.#adjustments = adjustments;
    this.version = data.version;
    this.validFrom = new Date(data.validFrom);
    this.#providers = new Map(Object.entries(data.providers).map(([provider, prices]) => [provider, pricedModelsOf(prices)]));
    this.#modelNames = new Map([...this.#providers].map(([provider, models]) => [provider, Object.freeze([...models.keys()])]));
  }

  hasProvider(provider: string): boolean {
    return this.#providers.has(provider);
  }

  has(provider: string, model: string): boolean {
    return this.lookup(provider, model) !== undefined;
  }

  /** @returns pico-dollars for one unit of the usage type, before discounts and markups */
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
    return serviceTier === null || tiers === null || tiers.has(serviceTier) || tiers.has(tierNamed(serviceTier) ?? '');
  }

  models(provider: string): readonly string[] {
    return this.#modelNames.get(provider) ?? [];
  }

  /** Undefined for a provider without prices. */
  rules(provider: string): ProviderRules | undefined {
    return this.lookup(provider, this.models(provider)[0] ?? '')?.rules;
  }

  /** Prices and rules of one model, for the code that turns usage into lines. */
  lookup(provider: string, model: string): PricedModel | undefined {
    return this.#providers.get(provider)?.get(model);
  }

  /** The deployment's discount or markup for a model, and the project's on top of it. */
  adjustmentOf(provider: string, model: string, project: readonly PriceAdjustment[] = []): Adjustment {
    return adjustmentOf({ deployment: this.#adjustments, project }, provider, model);
  }

  /**
   * Provider → model → usage type → US$ for one unit, as it is charged. For display: these are doubles.
   * @param project discounts and markups of a project that hold now
   */
  chargedPricesUsd(project: readonly PriceAdjustment[] = []): UnitPricesUsd {
    const unitPrices = (provider: string, model: string, { prices }: PricedModel) => {
      const { adjust } = this.adjustmentOf(provider, model, project);
      return Object.fromEntries([...prices].map(([type, price]) => [type, picoUsdToNumber(adjust(price))]));
    };
    return Object.fromEntries(
      [...this.#providers].map(([provider, models]) => [
        provider,
        Object.fromEntries([...models].map(([model, priced]) => [model, unitPrices(provider, model, priced)])),
      ]),
    );
  }
}

/**
 * Checks parsed JSON in the format of `data/README.md` and prepares it for lookup.
 * @throws Error that names the table and what is wrong with it
 */
export const parsePriceTable = (json: unknown): PriceTable => toPriceTable(parsePriceTableData(json));

/** @throws Error that says which member is wrong */
export const parsePriceTableData = (json: unknown): PriceTableData => {
  const parsed = priceTableSchema.safeParse(json);
  if (!parsed.success) throw new Error(`price table is malformed:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

/** @throws Error that names the table and what is wrong with it */
export const toPriceTable = (data: PriceTableData, adjustments: readonly PriceAdjustment[] = []): PriceTable => {
  try {
    return new PriceTable(data, adjustments);
  } catch (error) {
    throw new Error(`price table ${data.version}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};
