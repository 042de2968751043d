/** The Anthropic API insists on it, and a raw call must send it itself. */
export const versionFor = (path: string): Record<string, string> => (/\/anthropic\/|\/grok\/v1\/messages/.test(path) ? { 'anthropic-version': '2023-06-01' } : {});
