import { z } from 'zod';

const pattern = () => z.string().min(1).max(200);

/** One entry of the models a project may use; `*` in `model` stands for any characters. */
const allowedModelSchema = z.strictObject({ provider: z.string().min(1).max(50), model: pattern() });

const appsSchema = z.strictObject({
  mode: z.enum(['blocked', 'allowed']).default('blocked'),
  /** Whole user agents, upper and lower case alike; `*` stands for any characters. */
  userAgentPatterns: z.array(pattern()).max(200).default([]),
  blockMissingUserAgent: z.boolean().default(false),
});

/** The settings document `router` of a project: which models may be called, by which programs. Strict, because a misspelt rule would rule nothing. */
export const modelPolicySchema = z.strictObject({
  /** Null: every model that has a price. An empty list allows nothing. */
  allowedModels: z.array(allowedModelSchema).max(1_000).nullable().default(null),
  apps: appsSchema
    .nullish()
    .transform((apps) => apps ?? {})
    .pipe(appsSchema),
  /** Newer clients know rules that rewrite instructions and tools. This deployment sends requests on as they came, so it takes none. */
  rules: z
    .array(z.never('rules are not supported by this deployment, which sends requests on as they came; leave the list empty'))
    .nullish()
    .transform((rules) => rules ?? [])
    .pipe(z.array(z.never())),
});

export type ModelPolicy = z.infer<typeof modelPolicySchema>;

export const policyAllowsModel = (policy: Pick<ModelPolicy, 'allowedModels'>, provider: string, model: string): boolean =>
  policy.allowedModels === null || policy.allowedModels.some((entry) => entry.provider === provider && matchesPattern(entry.model, model));

/** For routes that name no model. */
export const policyAllowsProvider = (policy: Pick<ModelPolicy, 'allowedModels'>, provider: string): boolean =>
  policy.allowedModels === null || policy.allowedModels.some((entry) => entry.provider === provider);

/** @param userAgent null: the program did not say what it is */
export const policyAllowsClient = ({ apps }: Pick<ModelPolicy, 'apps'>, userAgent: string | null): boolean => {
  if (userAgent === null || userAgent === '') return !apps.blockMissingUserAgent;
  const name = userAgent.toLowerCase();
  const listed = apps.userAgentPatterns.some((one) => matchesPattern(one.toLowerCase(), name));
  return listed === (apps.mode === 'allowed');
};

/** `*` stands for any characters. Takes time linear in the text for each star, whatever the pattern. */
export const matchesPattern = (glob: string, text: string): boolean => {
  const parts = glob.split('*');
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (parts.length === 1) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};
