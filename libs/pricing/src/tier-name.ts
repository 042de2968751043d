/** OpenAI's newer name of its priority tier, in requests, and in answers of models from GPT-6 on: https://developers.openai.com/api/docs/guides/fast-mode */
const newerNames: ReadonlyMap<string, string> = new Map([['fast', 'priority']]);

/** The name that prices have for a service tier, as a request or an answer says it; null when none is said. */
export const tierNamed = (tier: string | null): string | null => {
  const name = tier?.trim().toLowerCase() || null;
  return name === null ? null : (newerNames.get(name) ?? name);
};
