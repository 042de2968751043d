import { z } from 'zod';
import { text } from '../http/fields.schema.js';
import type { Integration } from '../generated/client.js';

export const integrationProviders = ['openai', 'anthropic', 'grok'] as const;
export type IntegrationProvider = (typeof integrationProviders)[number];

export const isIntegrationProvider = (name: string): name is IntegrationProvider => (integrationProviders as readonly string[]).includes(name);

/** It will stand in a header. */
export const providerApiKey = () => z.string().regex(/^[\x21-\x7e]{1,512}$/, 'must be 1 to 512 visible ASCII characters');

/** Without trailing slashes. Credentials, query and fragment have no place in it. */
export const providerBaseUrl = () =>
  text(2_000).transform((value, context) => {
    const url = URL.parse(value);
    const plain = url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password && !url.search && !url.hash;
    if (plain) return url.href.replace(/\/+$/, '');
    context.addIssue({ code: 'custom', message: 'must be an http or https URL without credentials, query or fragment' });
    return z.NEVER;
  });

/** Always whole: a stored key is never sent to an address that came without it. */
export const integrationSchema = z.object({
  api_key: providerApiKey(),
  base_url: z
    .union([z.literal('').transform(() => null), providerBaseUrl()])
    .nullish()
    .transform((value) => value ?? null),
});

/** What a caller may see: never the key. */
export const integrationDocumentSchema = z
  .object({ api_key_set: z.literal(true), api_key_hint: z.string().describe('The end of the key, when enough of it stays hidden.'), base_url: z.string().nullable() })
  .meta({ id: 'Integration' });

export const probeResultSchema = z
  .object({ ok: z.boolean(), status: z.int().nullable().describe("Of the provider's answer; null: there was none."), message: z.string() })
  .meta({ id: 'IntegrationTest' });

export const toIntegrationDocument = ({ apiKeyHint, baseUrl }: Pick<Integration, 'apiKeyHint' | 'baseUrl'>): z.infer<typeof integrationDocumentSchema> => ({
  api_key_set: true,
  api_key_hint: apiKeyHint,
  base_url: baseUrl,
});

/** The end of a key, when enough of it stays hidden. */
export const hintOf = (apiKey: string): string => (apiKey.length >= 16 ? `…${apiKey.slice(-4)}` : '…');
