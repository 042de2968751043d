import { describe, expect, it } from '@jest/globals';
import { priceAdjustmentsFor } from './price-adjustments.js';

describe('priceAdjustmentsFor', () => {
  const everywhere = { percent: '-5' };
  const openAi = { percent: '-10', provider: 'openai', model: 'gpt-5*' };

  it('puts on an event what concerns its provider', () => {
    expect(priceAdjustmentsFor({ priceAdjustments: [everywhere, openAi] }, 'openai')).toEqual({ priceAdjustments: [everywhere, openAi] });
    expect(priceAdjustmentsFor({ priceAdjustments: [everywhere, openAi] }, 'grok')).toEqual({ priceAdjustments: [everywhere] });
  });

  it('leaves the event of a project without any as it was', () => {
    for (const priceAdjustments of [undefined, [], [openAi]]) expect(priceAdjustmentsFor({ priceAdjustments }, 'anthropic')).toEqual({});
  });
});
