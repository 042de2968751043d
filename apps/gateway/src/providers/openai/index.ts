import type { Endpoint, Provider } from '../provider.js';
import { openAiErrorBody } from './errors.js';
import { AnswerUsage, ResponseUsage } from './usage.js';

const answerUsage = () => new AnswerUsage();

const endpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/chat/completions', billable: true, namesModel: true, usageOnRequest: true, usageReader: answerUsage },
  { method: 'POST', path: '/v1/responses', billable: true, namesModel: true, usageReader: () => new ResponseUsage() },
  { method: 'POST', path: '/v1/embeddings', billable: true, namesModel: true, usageReader: answerUsage },
  { method: 'GET', path: '/v1/models', billable: false, namesModel: false, models: 'list' },
  { method: 'GET', path: '/v1/models/', billable: false, namesModel: false, models: 'one' },
];

export const openai: Provider = {
  name: 'openai',
  title: 'OpenAI',
  mounts: ['/openai', ''],
  endpoints,
  acceptsApiKeyHeader: false,
  // OPENAI_BASE_URL ends in /v1 by the convention of the official SDKs.
  upstreamPath: (basePath, pathFromV1) => basePath + pathFromV1.slice('/v1'.length),
  keyHeader: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  errorBody: openAiErrorBody,
};
