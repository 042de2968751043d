import type { Permission } from '../access/permissions.js';
import { type AccountsErrorCode, publicErrorOf } from '../accounts.errors.js';
import type { JsonSchema } from './json-schemas.js';
import type { RouteDescription } from './route-descriptions.js';

/** Any request may be malformed or too large, and any may meet a fault of ours. */
const ALWAYS: readonly AccountsErrorCode[] = ['invalid_request', 'body_too_large', 'internal', 'unavailable'];

/** All codes that a route may refuse or fail with. */
const codesOf = (route: RouteDescription, needs: Permission | 'public'): AccountsErrorCode[] => [
  ...new Set([
    ...ALWAYS,
    ...(needs === 'public' ? [] : (['unauthenticated', 'forbidden'] as const)),
    ...(route.path.includes(':projectId') ? (['project_not_found'] as const) : []),
    ...route.refusals,
  ]),
];

/** The error responses of an operation: one for each status, with the codes that come with it. */
export const refusalsOfOperation = (route: RouteDescription, needs: Permission | 'public'): Record<string, JsonSchema> => {
  const codes = codesOf(route, needs).map((code) => ({ code, ...publicErrorOf(code) }));
  const statuses = [...new Set(codes.map(({ status }) => status))].sort((a, b) => a - b);
  const contentType = route.answer?.contentType === 'text/html' ? 'text/html' : 'application/json';
  return Object.fromEntries(statuses.map((status) => [String(status), refusalOf(codes.filter((one) => one.status === status), contentType)]));
};

const refusalOf = (errors: { code: AccountsErrorCode; message: string }[], contentType: string): JsonSchema => ({
  description: errors.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
  content: { [contentType]: contentType === 'text/html' ? {} : { schema: bodyOf(errors.map(({ code }) => code)) } },
});

const bodyOf = (codes: AccountsErrorCode[]): JsonSchema => ({
  $ref: '#/components/schemas/Error',
  properties: { error: { properties: { code: { enum: codes } } } },
});

export const errorSchema: JsonSchema = {
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['message', 'code'],
      additionalProperties: false,
      properties: { message: { type: 'string', description: 'For people.' }, code: { type: 'string', description: 'Stable, for programs.' } },
    },
  },
};
