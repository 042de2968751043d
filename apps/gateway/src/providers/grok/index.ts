import { messageEstimate } from '../anthropic/message-estimate.js';
import { MessageUsage } from '../anthropic/usage.js';
import { openAiErrorBody } from '../openai/errors.js';
import { listForAgents } from '../openai/models.js';
import { ResponseUsage } from '../openai/usage.js';
import type { Endpoint, Provider } from '../provider.js';
import { responseEstimate, textEstimate } from '../text-estimate.js';

const responseUsage = () => new ResponseUsage();

/** Grok speaks OpenAI's responses and Anthropic's messages; https://docs.x.ai/docs/api-reference */
const endpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/responses', billable: true, namesModel: true, usageReader: responseUsage, estimate: responseEstimate() },
  { method: 'POST', path: '/v1/responses/compact', billable: true, namesModel: true, usageReader: responseUsage, estimate: textEstimate() },
  { method: 'POST', path: '/v1/responses/input_tokens', billable: false, namesModel: true },
  {
    method: 'POST',
    path: '/v1/messages',
    billable: true,
    namesModel: true,
    usageReader: () => new MessageUsage(),
    estimate: messageEstimate(),
  },
  { method: 'GET', path: '/v1/models', billable: false, namesModel: false, editAnswer: listForAgents },
  { method: 'GET', path: '/v1/models/', billable: false, namesModel: false },
];

export const grok: Provider = {
  name: 'grok',
  title: 'Grok',
  mounts: ['/grok'],
  endpoints,
  settings: { apiKey: ['GROK_API_KEY', 'XAI_API_KEY'], baseUrl: ['GROK_BASE_URL', 'XAI_BASE_URL'], defaultBaseUrl: 'https://api.x.ai/v1' },
  // Anthropic's SDK is used for its messages.
  acceptsApiKeyHeader: true,
  upstreamPath: (basePath, pathFromV1) => basePath + pathFromV1.slice('/v1'.length),
  keyHeader: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  errorBody: openAiErrorBody,
};
