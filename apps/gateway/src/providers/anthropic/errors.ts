import type { Refusal, RefusalKind } from '../../refusals.js';

/** https://docs.claude.com/en/api/errors */
const TYPES: Record<RefusalKind, string> = {
  invalid_request: 'invalid_request_error',
  authentication: 'authentication_error',
  permission: 'permission_error',
  not_found: 'not_found_error',
  too_large: 'request_too_large',
  quota: 'billing_error',
  unavailable: 'api_error',
};

export const anthropicErrorBody = (refusal: Refusal, requestId: string): unknown => ({
  type: 'error',
  error: { type: TYPES[refusal.kind], message: refusal.message },
  request_id: requestId,
});
