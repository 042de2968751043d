import { z } from 'zod';
import { newId } from '../identifiers.js';
import { type Answer, jsonAnswer, readFields, type Route, type SimulatedRequest } from '../provider.js';
import { inputTokensOf, reportedUsage } from '../simulated-usage.js';

type Usage = Record<string, unknown>;

const requestSchema = z.looseObject({ model: z.string().min(1) });

/** A conversation made smaller, at the price of reading it. */
const answerCompact = (request: SimulatedRequest): Answer => {
  readFields(requestSchema, request);
  const input = inputTokensOf(request.json!);
  const own: Usage = { input_tokens: input, input_tokens_details: { cached_tokens: 0 }, output_tokens: 5, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: input + 5 };
  const usage = reportedUsage(own, request.control, (reported) => reported);
  const output = [{ id: newId('cmp_'), type: 'compaction', encrypted_content: 'simulated' }];
  return jsonAnswer({ id: newId('resp_'), object: 'response.compaction', created_at: Math.floor(Date.now() / 1000), output, ...(usage === null ? {} : { usage }) });
};

const answerInputTokens = (request: SimulatedRequest): Answer => {
  readFields(requestSchema, request);
  return jsonAnswer({ object: 'response.input_tokens', input_tokens: inputTokensOf(request.json!) });
};

const answerClientSecret = (): Answer => jsonAnswer({ value: newId('ek_'), expires_at: Math.floor(Date.now() / 1000) + 600, session: { type: 'realtime' } });

export const compact: Route = { method: 'POST', path: '/v1/responses/compact', answer: answerCompact };
export const inputTokens: Route = { method: 'POST', path: '/v1/responses/input_tokens', answer: answerInputTokens };
export const clientSecrets: Route = { method: 'POST', path: '/v1/realtime/client_secrets', answer: answerClientSecret };
