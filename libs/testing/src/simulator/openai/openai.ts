import type { Provider } from '../provider.js';
import type { ProviderFailure } from '../provider-failure.js';
import { speech, transcriptions, translations } from './audio.js';
import { chatCompletions } from './chat-completions.js';
import { embeddings } from './embeddings.js';
import { images } from './images.js';
import { listModels, retrieveModel } from './models.js';
import { clientSecrets, compact, inputTokens } from './response-tools.js';
import { responses } from './responses.js';

const RATE_LIMITS = {
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-limit-tokens': '2000000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-remaining-tokens': '1999000',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-reset-tokens': '30ms',
};

const errorTypeOf = (status: number): string => {
  if (status === 402) return 'insufficient_quota';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
};

const codeOf = ({ status, details }: ProviderFailure): string | null => details.code ?? (status === 429 ? 'rate_limit_exceeded' : null);

export const openAi: Provider = {
  name: 'openai',
  routes: [chatCompletions, responses, compact, inputTokens, embeddings, speech, transcriptions, translations, ...images, listModels, retrieveModel, clientSecrets],
  keyIn: ({ authorization }) => authorization?.match(/^Bearer\s+(.+)$/i)?.[1] ?? null,
  headersOf: (requestId) => ({
    'x-request-id': requestId,
    'openai-processing-ms': '1',
    'openai-version': '2020-10-01',
    'openai-organization': 'org-simulator',
    ...RATE_LIMITS,
  }),
  errorBody: (failure) => ({
    error: { message: failure.message, type: errorTypeOf(failure.status), param: failure.details.param ?? null, code: codeOf(failure) },
  }),
};
