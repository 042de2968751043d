import type { Endpoint, Provider } from '../provider.js';
import { anthropicErrorBody } from './errors.js';
import { MessageUsage } from './usage.js';

const endpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/messages', billable: true, namesModel: true, usageReader: () => new MessageUsage() },
  { method: 'POST', path: '/v1/messages/count_tokens', billable: false, namesModel: true },
  { method: 'GET', path: '/v1/models', billable: false, namesModel: false, models: 'list' },
  { method: 'GET', path: '/v1/models/', billable: false, namesModel: false, models: 'one' },
];

export const anthropic: Provider = {
  name: 'anthropic',
  title: 'Anthropic',
  mounts: ['/anthropic'],
  endpoints,
  acceptsApiKeyHeader: true,
  // ANTHROPIC_BASE_URL has no /v1 by the convention of the official SDKs.
  upstreamPath: (basePath, pathFromV1) => basePath + pathFromV1,
  keyHeader: (apiKey) => ['x-api-key', apiKey],
  errorBody: anthropicErrorBody,
};
