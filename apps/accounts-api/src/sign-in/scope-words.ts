import { expandScopes } from '@llm-proxy/shared-auth';

const NOUNS: Readonly<Record<string, string>> = {
  profile: 'Your profile',
  users: 'Members of your projects',
  projects: 'Your projects',
  rooms: 'Rooms',
  agents: 'Agents',
  apiKeys: 'API keys',
  serviceAccounts: 'Service accounts',
  oauthClients: 'OAuth clients',
  llm: 'Language models',
  secrets: 'Secrets',
};

/** What a client asks for, in words: one line a subject. Names nobody knows are not asked for. */
export const scopesInWords = (scope: string): string[] => {
  const verbs = new Map<string, string[]>();
  for (const name of expandScopes(scope)) {
    const [noun, verb] = name.split(':') as [string, string];
    verbs.set(noun, [...(verbs.get(noun) ?? []), verb.replace('.', ' ')]);
  }
  return [...verbs].map(([noun, list]) => `${NOUNS[noun] ?? noun}: ${list.join(', ')}`);
};
