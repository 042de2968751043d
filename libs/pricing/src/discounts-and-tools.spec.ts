import { describe, expect, test } from '@jest/globals';
import { loadPriceBook } from './load-price-book.js';
import { parsePriceTable } from './price-table.js';
import type { PriceTable } from './price-table.js';
import { answer, bill, quantitiesOf } from './sample-answer.suite.js';

const november = loadPriceBook().table('2026-11') as PriceTable;

describe('message batches', () => {
  const inBatch = { endpoint: '/v1/messages/batches' };

  test('every type is charged at half of its price, the tier of the request being of no concern', () => {
    const usage = { input_tokens: 1_000, cache_creation_input_tokens: 100, cache_read_input_tokens: 10, output_tokens: 500 };
    const pricing = bill(november, answer({ provider: 'anthropic', requestModel: 'claude-sonnet-4-6', requestServiceTier: 'standard', usage, ...inBatch }));
    expect(pricing.lines.map(({ type, quantity, unitPricePicoUsd, amountNanoUsd }) => [type, quantity, unitPricePicoUsd, amountNanoUsd])).toEqual([
      ['input_tokens_batch', '1000', '1500000', '1500000'],
      ['cache_creation_input_tokens_batch', '100', '1875000', '187500'],
      ['cache_read_input_tokens_batch', '10', '150000', '1500'],
      ['output_tokens_batch', '500', '7500000', '3750000'],
      ['llm_proxy_surcharge', '1', '0', '271950'],
    ]);
  });

  test('a long context is charged at half of the long price', () => {
    const usage = { input_tokens: 200_001, output_tokens: 1 };
    expect(quantitiesOf(bill(november, answer({ provider: 'anthropic', requestModel: 'claude-sonnet-4-5', usage, ...inBatch })))).toEqual({
      input_tokens_batch_long: '200001',
      output_tokens_batch_long: '1',
    });
  });

  test('the same usage outside of a batch has no discount, whatever tier is asked for', () => {
    const usage = { input_tokens: 7 };
    expect(quantitiesOf(bill(november, answer({ provider: 'anthropic', endpoint: '/v1/messages', requestModel: 'claude-sonnet-4-6', requestServiceTier: 'batch', usage })))).toEqual({ input_tokens: '7' });
  });

  test('a discount that is no whole number of pico-dollars is refused with the table', () => {
    const table = (price: string) => ({
      version: 'v',
      validFrom: '2026-01-01T00:00:00Z',
      currency: 'USD',
      source: 'spec',
      providers: {
        p: {
          usageFormat: 'openai',
          surcharged: true,
          discountedPaths: { '/x': { suffix: 'batch', percent: 50, source: 'spec' } },
          prices: [{ models: ['m'], perUnitUsd: { input_tokens: price } }],
        },
      },
    });
    expect(() => parsePriceTable(table('0.000000000001'))).toThrow(/50 % of input_tokens/);
    expect(parsePriceTable(table('0.000000000002')).unitPricePicoUsd('p', 'm', 'input_tokens_batch')).toBe(1n);
  });
});

describe('image generation inside a response', () => {
  const toolUsage = [{ tool: 'image_generation' as const, usage: { input_tokens: 30, output_tokens: 200, input_tokens_details: { text_tokens: 20, image_tokens: 10 } } }];

  test('is added to the tokens of the response, at the prices of its model', () => {
    const usage = { input_tokens: 100, output_tokens: 10 };
    expect(quantitiesOf(bill(november, answer({ requestModel: 'gpt-5.6', endpoint: '/v1/responses', usage, toolUsage })))).toEqual({
      input_tokens: '120',
      output_tokens: '10',
      image_input_tokens: '10',
      image_output_tokens: '200',
    });
  });

  test('does not push the response into the long context, and takes no tier', () => {
    const usage = { input_tokens: 272_000, output_tokens: 10 };
    const data = answer({ requestModel: 'gpt-5.6', requestServiceTier: 'flex', endpoint: '/v1/responses', usage, toolUsage });
    expect(quantitiesOf(bill(november, data))).toEqual({
      input_tokens_flex: '272000',
      output_tokens_flex: '10',
      input_tokens: '20',
      image_input_tokens: '10',
      image_output_tokens: '200',
    });
  });

  test('of a model without image prices is named as unpriced, not silently free', () => {
    const { unpricedTypes } = bill(november, answer({ requestModel: 'gpt-4.1', endpoint: '/v1/responses', usage: { input_tokens: 1 }, toolUsage }));
    expect(unpricedTypes).toEqual(['image_input_tokens', 'image_output_tokens']);
  });
});
