import type { IncomingHttpHeaders } from 'node:http';
import type { Provider, Route } from '../provider.js';
import { ProviderFailure } from '../provider-failure.js';
import { messageBatches } from './batches.js';
import { countTokens } from './count-tokens.js';
import { messages } from './messages.js';
import { listModels, retrieveModel } from './models.js';

const ERROR_TYPES: Record<number, string> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const errorTypeOf = (status: number): string => ERROR_TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');

/** The real API refuses calls without a version, and a proxy that loses the header should notice here. */
const versioned = (route: Route): Route => ({
  ...route,
  answer(request) {
    if (request.headers['anthropic-version'] === undefined) throw new ProviderFailure(400, 'The header anthropic-version is missing.');
    return route.answer(request);
  },
});

const keyIn = (headers: IncomingHttpHeaders): string | null =>
  headers['x-api-key']?.toString() ?? headers.authorization?.match(/^Bearer\s+(.+)$/i)?.[1] ?? null;

export const anthropic: Provider = {
  name: 'anthropic',
  routes: [messages, countTokens, ...messageBatches, listModels, retrieveModel].map(versioned),
  keyIn,
  headersOf: (requestId) => {
    const reset = new Date(Date.now() + 1000).toISOString();
    return {
      'request-id': requestId,
      'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
      'anthropic-ratelimit-requests-limit': '4000',
      'anthropic-ratelimit-requests-remaining': '3999',
      'anthropic-ratelimit-requests-reset': reset,
      'anthropic-ratelimit-tokens-limit': '2000000',
      'anthropic-ratelimit-tokens-remaining': '1999000',
      'anthropic-ratelimit-tokens-reset': reset,
    };
  },
  errorBody: (failure, requestId) => ({
    type: 'error',
    error: { type: errorTypeOf(failure.status), message: failure.message },
    request_id: requestId,
  }),
};
