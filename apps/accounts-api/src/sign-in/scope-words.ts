import { expandScopes } from '@llm-proxy/shared-auth';

const NOUNS: Readonly<Record<string, string>> = {
  profile: 'your profile',
  users: 'members of your projects',
  projects: 'your projects and their bills',
  rooms: 'rooms',
  agents: 'agents',
  apiKeys: 'API keys',
  serviceAccounts: 'service accounts',
  oauthClients: 'OAuth clients',
  secrets: 'secrets',
  scheduledTasks: 'scheduled tasks',
};

/** What a client asks for, in words, short enough to be read. Names nobody knows are not asked for. */
export const scopesInWords = (scope: string): string[] => {
  const asked = expandScopes(scope);
  if (asked.size === expandScopes('admin').size) return ['Do everything that you may do: projects, members, rooms, keys, bills', 'Use language models, at the expense of your projects'];
  const verbs = Map.groupBy([...asked].filter((name) => !name.startsWith('llm:')), (name) => name.split(':')[0]!);
  const lines = [...verbs].map(([noun, names]) => `${names.every((name) => name.endsWith('read')) ? 'See' : 'See and change'} ${NOUNS[noun] ?? noun}`);
  if (asked.has('llm:invoke')) lines.unshift('Use language models, at the expense of your projects');
  else if ([...asked].some((name) => name.startsWith('llm:'))) lines.unshift('See the usage of language models');
  return lines;
};
