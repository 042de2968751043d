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
    ...(needs === 'public' ? [] : (['unauthenticated', 'forbidden', 'too_many_attempts'] as const)),
    ...(route.path.includes(':projectId') ? (['project_not_found'] as const) : []),
    ...route.refusals,
  ]),
];

interface PublicError {
  code: AccountsErrorCode;
  status: number;
  message: string;
}

/** Error responses. Many operations have the same ones, so each is kept once, in `definitions`. */
export class Refusals {
  readonly definitions: Record<string, JsonSchema> = {};

  /** One for each status, with the codes that come with it. Pages refuse with pages. */
  of(route: RouteDescription, needs: Permission | 'public'): Record<string, JsonSchema> {
    const byStatus = Map.groupBy(codesOf(route, needs).map((code): PublicError => ({ code, ...publicErrorOf(code) })), ({ status }) => status);
    const isPage = route.answer?.contentType === 'text/html';
    return Object.fromEntries([...byStatus].map(([status, errors]) => [String(status), isPage ? pageOf(errors) : this.shared(errors)]));
  }

  private shared(errors: PublicError[]): JsonSchema {
    const codes = errors.map(({ code }) => code);
    const name = codes.join('.');
    this.definitions[name] ??= { description: inWords(errors), content: { 'application/json': { schema: bodyOf(codes) } } };
    return { $ref: `#/components/responses/${name}` };
  }
}

const inWords = (errors: PublicError[]): string => errors.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n');

const pageOf = (errors: PublicError[]): JsonSchema => ({ description: inWords(errors), content: { 'text/html': {} } });

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
