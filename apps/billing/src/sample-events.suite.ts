import { lineItemOf as lineOf, pricedUsageOf } from '@llm-proxy/testing';
import { type LineItem, type PricedUsage, SURCHARGE_TYPE } from '@llm-proxy/usage-schema';
import fc from 'fast-check';

export { lineOf };

export interface EventOptions {
  id?: string;
  projectId?: string;
  time?: string;
  provider?: string;
  model?: string;
  lines?: LineItem[];
  unpricedTypes?: string[];
  priceVersion?: string;
  attribution?: Partial<PricedUsage['data']['attribution']>;
}

/** A priced event as metering publishes it; only what the test is about needs saying. */
export const eventOf = ({ provider, lines, model, unpricedTypes, priceVersion, ...event }: EventOptions = {}): PricedUsage =>
  pricedUsageOf({
    ...event,
    data: provider === undefined ? {} : { provider },
    pricing: { ...(lines && { lines }), ...(model && { model }), ...(unpricedTypes && { unpricedTypes }), ...(priceVersion && { priceVersion }) },
  });

const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { freq: 3, nil: null });

const AWKWARD = ['', 'null', 'NULL', '{}', '"', '\\', "o'hara", 'a,b', ' x ', '漢字', '👩‍🚀'];

const quantities = fc
  .record({ whole: fc.bigInt({ min: 0n, max: 10n ** 15n }), places: fc.stringMatching(/^[0-9]{1,9}$/), fraction: fc.boolean() })
  .map(({ whole, places, fraction }) => (fraction ? `${whole}.${places}` : String(whole)));

const linesArbitrary = fc
  .uniqueArray(fc.constantFrom('input_tokens', 'output_tokens', 'cached_tokens', 'custom_input_tokens', 'audio_minutes'), { maxLength: 4 })
  .chain((types) => fc.tuple(...[...types, SURCHARGE_TYPE].map((type) => fc.tuple(quantities, fc.bigInt({ min: 0n, max: 10n ** 13n })).map(([quantity, amount]) => lineOf(type, quantity, amount)))));

const HOUR_MS = 3_600_000;
const FIRST_HOUR = Date.UTC(2026, 9, 29, 20);

/** Events of one project over some days of two months, with few enough values that they meet in the totals. */
export const eventArbitrary = (projectId: string): fc.Arbitrary<PricedUsage> =>
  fc
    .record({
      id: fc.uuid(),
      time: fc.integer({ min: 0, max: 24 * 8 * 4 }).chain((quarter) => fc.constantFrom(0, 1, 899_999).map((ms) => new Date(FIRST_HOUR + (quarter * HOUR_MS) / 4 + ms).toISOString())),
      provider: fc.constantFrom('openai', 'anthropic'),
      model: fc.constantFrom('gpt-5.4', 'claude-sonnet-4-6'),
      lines: linesArbitrary,
      attribution: fc.record({
        apiKeyId: maybe(fc.constantFrom('0b7a1c9e-0000-4000-8000-000000000001', '0b7a1c9e-0000-4000-8000-000000000002')),
        serviceAccountId: maybe(fc.constant('ann')),
        userId: maybe(fc.constantFrom('ann', 'bob')),
        participant: maybe(fc.constantFrom('ann', ...AWKWARD)),
        room: maybe(fc.constantFrom('lab', 'sales')),
        client: maybe(fc.constantFrom('curl/8', 'x'.repeat(256), `${'x'.repeat(128)}y`)),
        annotations: fc.constantFrom<Record<string, string>>({}, { task: 'a' }, { task: 'a', step: '"1"' }, { task: 'b' }),
      }),
    })
    .map((options) => eventOf({ ...options, projectId }));
