import type { Endpoint, Provider } from '../provider.js';
import { responseEstimate, textEstimate } from '../text-estimate.js';
import { speech, transcription } from './audio.js';
import { openAiErrorBody } from './errors.js';
import { image } from './images.js';
import { listForAgents } from './models.js';
import { AnswerUsage, ResponseUsage } from './usage.js';
import { openAiWebSockets } from './web-sockets.js';

const answerUsage = () => new AnswerUsage();
const responseUsage = () => new ResponseUsage();

/** Path by path: https://platform.openai.com/docs/api-reference */
const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    billable: true,
    namesModel: true,
    usageOnRequest: true,
    usageReader: answerUsage,
    estimate: textEstimate('content', 'arguments', 'refusal', 'reasoning_content'),
  },
  { method: 'POST', path: '/v1/responses', billable: true, namesModel: true, usageReader: responseUsage, estimate: responseEstimate() },
  { method: 'POST', path: '/v1/responses/compact', billable: true, namesModel: true, usageReader: responseUsage, estimate: textEstimate() },
  { method: 'POST', path: '/v1/responses/input_tokens', billable: false, namesModel: true },
  { method: 'POST', path: '/v1/embeddings', billable: true, namesModel: true, usageReader: answerUsage, estimate: textEstimate() },
  { method: 'POST', path: '/v1/decisions', billable: true, namesModel: true, usageReader: answerUsage, estimate: textEstimate() },
  { method: 'POST', path: '/v1/audio/speech', billable: true, namesModel: true, ...speech },
  { method: 'POST', path: '/v1/audio/transcriptions', billable: true, namesModel: true, takesForm: true, ...transcription },
  { method: 'POST', path: '/v1/audio/translations', billable: true, namesModel: true, takesForm: true, ...transcription },
  { method: 'POST', path: '/v1/images/', billable: true, namesModel: true, takesForm: true, ...image },
  { method: 'GET', path: '/v1/models', billable: false, namesModel: false, models: 'list', editAnswer: listForAgents },
  { method: 'GET', path: '/v1/models/', billable: false, namesModel: false, models: 'one' },
  { method: 'POST', path: '/v1/realtime/', billable: false, namesModel: false, bypassesMetering: true },
  { method: 'GET', path: '/v1/realtime/', billable: false, namesModel: false, bypassesMetering: true },
  { method: 'DELETE', path: '/v1/realtime/', billable: false, namesModel: false, bypassesMetering: true },
];

export const openai: Provider = {
  name: 'openai',
  title: 'OpenAI',
  mounts: ['/openai', ''],
  endpoints,
  settings: { apiKey: ['OPENAI_API_KEY'], baseUrl: ['OPENAI_BASE_URL'], defaultBaseUrl: 'https://api.openai.com/v1' },
  webSockets: openAiWebSockets,
  acceptsApiKeyHeader: false,
  // OPENAI_BASE_URL ends in /v1 by the convention of the official SDKs.
  upstreamPath: (basePath, pathFromV1) => basePath + pathFromV1.slice('/v1'.length),
  keyHeader: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  errorBody: openAiErrorBody,
};
