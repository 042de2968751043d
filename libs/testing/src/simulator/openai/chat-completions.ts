import type { OpenAI } from 'openai';
import { z } from 'zod';
import { newId } from '../identifiers.js';
import { type Answer, jsonAnswer, readFields, type Route, type SimulatedRequest, type StreamEvent } from '../provider.js';
import { textPieces } from '../simulated-text.js';
import { inputTokensOf, reportedUsage, tokensOfText } from '../simulated-usage.js';
import { servedTier } from './service-tier.js';

type Chunk = OpenAI.Chat.ChatCompletionChunk;
type Choice = Chunk['choices'][number];
type Usage = OpenAI.CompletionUsage;

const requestSchema = z.object({
  model: z.string().min(1),
  messages: z.array(z.unknown()),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  service_tier: z.string().nullish(),
});

const answerChat = (request: SimulatedRequest): Answer => {
  const fields = readFields(requestSchema, request);
  const model = request.control.model ?? fields.model;
  const pieces = textPieces(fields.model, request.control);
  const common = {
    id: newId('chatcmpl-'),
    created: Math.floor(Date.now() / 1000),
    model,
    service_tier: servedTier<NonNullable<Chunk['service_tier']>>(fields.service_tier, request.control),
    system_fingerprint: 'fp_simulator',
  };
  const usage = chatUsage(request, pieces);
  const finish = request.control.finish ?? 'stop';
  if (!fields.stream) return jsonAnswer(toCompletion(common, pieces.join(''), finish, usage));
  return { events: toEvents(common, pieces, finish, fields.stream_options?.include_usage ? { usage } : null) };
};

type Common = Pick<Chunk, 'id' | 'created' | 'model' | 'service_tier' | 'system_fingerprint'>;

const toCompletion = (common: Common, text: string, finish: 'stop' | 'length', usage: Usage | null) =>
  ({
    ...common,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: text, refusal: null, annotations: [] }, logprobs: null, finish_reason: finish }],
    ...(usage === null ? {} : { usage }),
  }) satisfies OpenAI.Chat.ChatCompletion;

/** @param asked set when the caller asked for usage: every chunk then has the field, and one more chunk fills it */
const toEvents = (common: Common, pieces: string[], finish: 'stop' | 'length', asked: { usage: Usage | null } | null): StreamEvent[] => {
  const base = { ...common, object: 'chat.completion.chunk' as const, ...(asked ? { usage: null } : {}) };
  const chunk = (delta: Choice['delta'], finish_reason: Choice['finish_reason'] = null): string =>
    JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason }] } satisfies Chunk);
  const events: StreamEvent[] = [{ data: chunk({ role: 'assistant', content: '', refusal: null }) }];
  for (const content of pieces) events.push({ data: chunk({ content }), isText: true });
  events.push({ data: chunk({}, finish) });
  if (asked?.usage) events.push({ data: JSON.stringify({ ...base, choices: [], usage: asked.usage } satisfies Chunk) });
  events.push({ data: '[DONE]' });
  return events;
};

const chatUsage = ({ json, control }: SimulatedRequest, pieces: string[]): Usage | null => {
  const prompt = inputTokensOf(json!);
  const completion = tokensOfText(pieces.join('').length);
  const own: Usage = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
  return reportedUsage(own, control, (usage, dictated) =>
    'total_tokens' in dictated ? usage : { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens },
  );
};

export const chatCompletions: Route = { method: 'POST', path: '/v1/chat/completions', answer: answerChat };
