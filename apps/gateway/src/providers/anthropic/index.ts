import type { Endpoint, Provider } from '../provider.js';
import { batchEndpoints, batchRules } from './batches.js';
import { anthropicErrorBody } from './errors.js';
import { messageEstimate } from './message-estimate.js';
import { textEstimate } from '../text-estimate.js';
import { MessageUsage } from './usage.js';

const endpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/messages', billable: true, namesModel: true, usageReader: () => new MessageUsage(), estimate: messageEstimate() },
  { method: 'POST', path: '/v1/messages/count_tokens', billable: false, namesModel: true },
  // Its answers report no usage, and no model that it serves has a price; what a deployment prices all the same is estimated.
  { method: 'POST', path: '/v1/complete', billable: true, namesModel: true, usageReader: () => new MessageUsage(), estimate: { ...textEstimate('completion'), always: true } },
  ...batchEndpoints,
  { method: 'GET', path: '/v1/models', billable: false, namesModel: false, models: 'list' },
  { method: 'GET', path: '/v1/models/', billable: false, namesModel: false, models: 'one' },
];

export const anthropic: Provider = {
  name: 'anthropic',
  title: 'Anthropic',
  mounts: ['/anthropic'],
  endpoints,
  settings: { apiKey: ['ANTHROPIC_API_KEY'], baseUrl: ['ANTHROPIC_BASE_URL'], defaultBaseUrl: 'https://api.anthropic.com' },
  batches: batchRules,
  acceptsApiKeyHeader: true,
  // ANTHROPIC_BASE_URL has no /v1 by the convention of the official SDKs.
  upstreamPath: (basePath, pathFromV1) => basePath + pathFromV1,
  keyHeader: (apiKey) => ['x-api-key', apiKey],
  errorBody: anthropicErrorBody,
};
