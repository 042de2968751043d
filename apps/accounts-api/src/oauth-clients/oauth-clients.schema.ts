import { z } from 'zod';
import { pageEnd } from '../http/answer.schema.js';
import { text } from '../http/fields.schema.js';
import type { OAuthClient } from '../generated/client.js';

const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
const MAX_ENTRIES = 20;

/** Schemes that a browser runs or opens by itself. */
const FORBIDDEN_SCHEMES = new Set(['javascript:', 'data:', 'blob:', 'file:', 'about:', 'vbscript:', 'ftp:', 'ws:', 'wss:']);

const isRedirectUri = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const { protocol, hash, username, password } = new URL(value);
  return !FORBIDDEN_SCHEMES.has(protocol) && hash === '' && !value.includes('#') && username === '' && password === '' && !value.includes('*');
};

const redirectUris = z.array(text(2_000).refine(isRedirectUri, 'is not an absolute address without fragment, wildcard and user')).max(MAX_ENTRIES);

const fields = z.object({
  grant_types: z.array(z.enum(GRANT_TYPES)).max(MAX_ENTRIES),
  /** Clients offer more; what the flows of OAuth 2.1 use is `code`. */
  response_types: z.array(z.enum(['code', 'token', 'id_token'])).max(MAX_ENTRIES),
  redirect_uris: redirectUris,
  scope: text(4_000),
  /** `name` is shown to people; `token_endpoint_auth_method: none` makes a public client, without a secret. */
  metadata: z.record(text(100), text(1_000)).refine((metadata) => Object.keys(metadata).length <= 50, 'has more than 50 entries'),
});

/** Newer clients wrap the object. */
const unwrapped = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'client' in value ? value.client : value);

export const isUsable = (client: Pick<OAuthClient, 'grantTypes' | 'redirectUris'>): boolean =>
  !client.grantTypes.includes('authorization_code') || client.redirectUris.length > 0;

export const newOAuthClientSchema = z.preprocess(
  unwrapped,
  z.object({
    grant_types: fields.shape.grant_types.default(['authorization_code', 'refresh_token']),
    response_types: fields.shape.response_types.default(['code']),
    redirect_uris: fields.shape.redirect_uris.default([]),
    scope: fields.shape.scope.default(''),
    metadata: fields.shape.metadata.default({}),
  }),
);

export const oauthClientUpdateSchema = z.preprocess(unwrapped, fields.partial());

export type NewOAuthClient = z.infer<typeof newOAuthClientSchema>;
export type OAuthClientUpdate = z.infer<typeof oauthClientUpdateSchema>;

export const oauthClientSchema = z
  .object({
    client_id: z.string(),
    client_secret: z.string().describe('Empty but in the answer that makes it.'),
    grant_types: z.array(z.string()),
    response_types: z.array(z.string()),
    redirect_uris: z.array(z.string()),
    scope: z.string(),
    project_id: z.uuid().nullable(),
    metadata: z.record(z.string(), z.string()),
    official: z.boolean(),
  })
  .meta({ id: 'OAuthClient' });

export const oauthClientsSchema = z.object({ clients: z.array(oauthClientSchema), ...pageEnd });

/** @param secret only in the answer that creates the client; elsewhere empty, because older clients insist on text */
export const toOAuthClient = (client: OAuthClient, secret = ''): z.infer<typeof oauthClientSchema> => ({
  client_id: client.clientId,
  client_secret: secret,
  grant_types: client.grantTypes,
  response_types: client.responseTypes,
  redirect_uris: client.redirectUris,
  scope: client.scope,
  project_id: client.projectId,
  metadata: client.metadata as Record<string, string>,
  official: client.official,
});
