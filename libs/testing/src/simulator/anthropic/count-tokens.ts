import type { Anthropic } from '@anthropic-ai/sdk';
import { z } from 'zod';
import { jsonAnswer, readFields, type Route } from '../provider.js';
import { messageUsage } from './usage.js';

const requestSchema = z.object({ model: z.string().min(1), messages: z.array(z.unknown()).min(1) });

/** The same count that `POST /v1/messages` reports as input of the same request. */
export const countTokens: Route = {
  method: 'POST',
  path: '/v1/messages/count_tokens',
  answer(request) {
    readFields(requestSchema, request);
    return jsonAnswer({ input_tokens: messageUsage(request, '')?.input_tokens ?? 0 } satisfies Anthropic.MessageTokensCount);
  },
};
