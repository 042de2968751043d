import type { Refusal, RefusalKind } from '../../refusals.js';

/** https://platform.openai.com/docs/guides/error-codes */
const TYPES: Record<RefusalKind, string> = {
  invalid_request: 'invalid_request_error',
  authentication: 'authentication_error',
  permission: 'permission_error',
  not_found: 'invalid_request_error',
  too_large: 'invalid_request_error',
  quota: 'insufficient_quota',
  unavailable: 'server_error',
};

export const openAiErrorBody = (refusal: Refusal): unknown => ({
  error: { message: refusal.message, type: TYPES[refusal.kind], param: refusal.param, code: refusal.code },
});
