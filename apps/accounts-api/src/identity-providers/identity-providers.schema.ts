import { z } from 'zod';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const isIssuer = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, search, hash, username } = new URL(value);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
  return isSafe && search === '' && hash === '' && username === '';
};

const domain = z
  .string()
  .max(253)
  .transform((value) => value.trim().toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'is no domain in ASCII'));

const identityProviderSchema = z
  .strictObject({
    /** Part of addresses: the one to register with the provider is `<PUBLIC_URL>/oauth/signed-in/<id>`. */
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and -'),
    /** On the button: "Continue with …". */
    label: z.string().min(1).max(40),
    issuer: z.url().refine(isIssuer, 'https, or http on this machine; without query, fragment and user'),
    client_id: z.string().min(1).max(500),
    client_secret: z.string().min(1).max(2_000),
    scope: z.string().regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/).default('openid email profile'),
    /** Whose e-mail is elsewhere cannot sign in with this provider. Absent: any domain. */
    allowed_domains: z.array(domain).min(1).max(100).optional(),
    /** Who becomes a user by signing in for the first time: those whom a project invited, or everybody of the allowed domains. */
    new_users: z.enum(['invited', 'allowed_domains']).default('invited'),
  })
  .refine(({ new_users, allowed_domains }) => new_users === 'invited' || allowed_domains !== undefined, 'new_users: allowed_domains needs allowed_domains');

export type IdentityProvider = z.infer<typeof identityProviderSchema>;

const parsedJson = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's message, which quotes the text, and with it secrets.
    context.addIssue({ code: 'custom', message: 'is no JSON' });
    return z.NEVER;
  }
});

/** Setting: a JSON array, in the order of the buttons. */
export const identityProviders = () =>
  parsedJson.pipe(
    z
      .array(identityProviderSchema)
      .max(10)
      .refine((providers) => new Set(providers.map(({ id }) => id)).size === providers.length, 'ids must differ'),
  );
