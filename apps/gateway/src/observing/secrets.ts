export const REDACTED = '***REDACTED***';

/** Headers that carry a credential, or what a client tells its provider in confidence (`x-codex-turn-metadata` holds local paths). */
const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'x-api-key', 'api-key', 'cookie', 'set-cookie', 'x-codex-turn-metadata', 'openai-organization', 'openai-project']);

/** Provider keys, project API keys, JSON web tokens, bearer values, wherever they stand in a text. */
const SECRETS = /\bsk-[\w-]{8,}|\bma-[\w.-]{16,}|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|(?<=\bbearer )[\w.~+/=-]{8,}/gi;

export const withoutSecrets = (text: string): string => text.replace(SECRETS, REDACTED);

/** Name, value, name, value, … as an object, credentials redacted. */
export const headersWithoutSecrets = (pairs: readonly string[]): Record<string, string> => {
  const shown: Record<string, string> = {};
  for (let index = 0; index < pairs.length; index += 2) {
    const name = pairs[index]!.toLowerCase();
    shown[name] = SECRET_HEADERS.has(name) ? REDACTED : withoutSecrets(pairs[index + 1]!);
  }
  return shown;
};
