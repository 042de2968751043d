import type { Anthropic } from '@anthropic-ai/sdk';
import type { SimulatedRequest } from '../provider.js';
import { inputTokensOf, reportedUsage, tokensOfText } from '../simulated-usage.js';

/** @returns null when the caller wants no usage */
export const messageUsage = ({ json, control }: SimulatedRequest, text: string): Anthropic.Usage | null =>
  reportedUsage<Anthropic.Usage>(
    {
      input_tokens: inputTokensOf(json!),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: tokensOfText(text.length),
      output_tokens_details: { thinking_tokens: 0 },
      server_tool_use: null,
      service_tier: (control.serviceTier === undefined ? 'standard' : control.serviceTier) as Anthropic.Usage['service_tier'],
      inference_geo: 'not_available',
      speed: 'standard',
    },
    control,
    (usage, dictated) => ('cache_creation' in dictated ? usage : { ...usage, cache_creation: fiveMinuteWrites(usage) }),
  );

/** Cache writes are of the five-minute kind unless the caller says otherwise. */
const fiveMinuteWrites = (usage: Anthropic.Usage): Anthropic.CacheCreation => ({
  ephemeral_5m_input_tokens: usage.cache_creation_input_tokens ?? 0,
  ephemeral_1h_input_tokens: 0,
});

/** What a stream knows before its first piece of text; the runs that it takes are not among it. */
export const usageAtStart = (usage: Anthropic.Usage): Anthropic.Usage => ({
  ...usage,
  output_tokens: Math.min(1, usage.output_tokens),
  ...('iterations' in usage ? { iterations: null } : {}),
});

const CUMULATIVE_FIELDS = [
  'input_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'output_tokens',
  'output_tokens_details',
  'server_tool_use',
  'iterations',
] as const;

/** The cumulative counts a stream ends with; fields that are not in the usage stay away. */
export const usageAtEnd = (usage: Anthropic.Usage): Anthropic.MessageDeltaUsage =>
  Object.fromEntries(CUMULATIVE_FIELDS.filter((field) => field in usage).map((field) => [field, (usage as Anthropic.Beta.BetaUsage)[field]])) as unknown as Anthropic.MessageDeltaUsage;
