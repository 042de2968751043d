const READ_WRITE = ['create', 'read', 'update', 'delete'];
const each = (noun: string, verbs: readonly string[]): string[] => verbs.map((verb) => `${noun}:${verb}`);

/** The current vocabulary: `noun:verb`. */
const CURRENT = [
  ...each('profile', ['read', 'write']),
  ...each('users', READ_WRITE),
  ...each('projects', ['read', 'update', 'iam.read', 'iam.write', 'billing.read', 'billing.write']),
  ...each('rooms', ['create', 'read', 'connect', 'update', 'delete']),
  ...each('agents', [...READ_WRITE, 'run', 'sessions.read']),
  ...['mailboxes', 'routes', 'scheduledTasks', 'services', 'repositories', 'serviceAccounts', 'oauthClients'].flatMap((noun) => each(noun, READ_WRITE)),
  ...each('apiKeys', ['create', 'read', 'delete']),
  ...each('llm', ['invoke', 'usage.read', 'logs.read', 'logs.write']),
  ...each('secrets', ['read', 'write', 'delete', 'grant', 'proxy']),
] as const;

/** What a client needs to call models. */
export const LLM_SCOPE = 'llm:invoke';

const startingWith = (...starts: string[]): string[] => CURRENT.filter((scope) => starts.some((start) => scope.startsWith(start)));

/** What the names of older clients mean today. The patterns `project/*` and `room/*` say "in any project, any room" and grant nothing by themselves. */
const OLDER: Readonly<Record<string, readonly string[]>> = {
  'profile': ['profile:read', 'profile:write'],
  'create_users': ['users:create'],
  'create_rooms': ['rooms:create'],
  'connect_room': ['rooms:connect'],
  'delete_room': ['rooms:delete'],
  'update_room': ['rooms:update'],
  'managed_agents': startingWith('agents:'),
  'llm_proxy': ['llm:invoke', 'llm:usage.read'],
  'developer': ['projects:read', ...startingWith('apiKeys:', 'serviceAccounts:', 'llm:', 'rooms:')],
  'admin': CURRENT,
  'project/*': [],
  'room/*': [],
};

/** Every scope that a client of the API can be granted, old names and new. */
export const API_SCOPES: readonly string[] = [...CURRENT, ...Object.keys(OLDER)];

/** Translates names separated by white space into the current vocabulary; names nobody knows grant nothing. */
export const expandScopes = (scope: string): ReadonlySet<string> =>
  new Set(scope.split(/\s+/).flatMap((name) => (Object.hasOwn(OLDER, name) ? OLDER[name]! : CURRENT.includes(name) ? [name] : [])));

/** The API scopes that a client registered with this list may ask for, under any of their names. An empty list limits nothing. */
export const scopesWithin = (allowed: string): string[] => {
  if (allowed.trim() === '') return [...API_SCOPES];
  const limit = expandScopes(allowed);
  const names = new Set(allowed.split(/\s+/));
  return API_SCOPES.filter((name) => names.has(name) || (expandScopes(name).size > 0 && [...expandScopes(name)].every((scope) => limit.has(scope))));
};
