import type { Caller } from './caller.js';

/**
 * Who a caller is to a project. The operator is it everywhere, an API key is admin of its own project, a participant token takes part in its own;
 * to any other project a caller is nobody, and does not even learn whether it exists. A signed-in user is admin or member of the projects they are in,
 * and `user` where no project is concerned.
 */
export type Role = 'operator' | 'admin' | 'participant' | 'member' | 'user';

/** Who may do what. */
export const permissions = {
  'user.manage': ['operator'],
  'profile.read': ['operator', 'admin', 'user'],
  'profile.update': ['operator', 'user'],
  'oauth_client.manage': ['operator', 'admin'],
  'project.create': ['operator', 'user'],
  'project.set_status': ['operator'],
  'project.find': ['operator', 'admin', 'participant', 'user'],
  'project.read': ['operator', 'admin', 'participant', 'member'],
  'settings.manage': ['operator', 'admin'],
  'service_account.manage': ['operator', 'admin'],
  'api_key.manage': ['operator', 'admin'],
  'participant_token.mint': ['operator', 'admin'],
  'room.manage': ['operator', 'admin'],
  'room.connect': ['operator', 'admin'],
  'profile.read_own': ['operator', 'admin', 'participant', 'user'],
  'usage.read': ['operator', 'admin'],
  'usage.read_own': ['operator', 'admin', 'participant', 'member'],
  'usage.read_all': ['operator'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

/** What a user's client must have been allowed, on top of what the user may do. */
export const scopeOf: Readonly<Record<Permission, string>> = {
  'user.manage': 'users:create',
  'profile.read': 'profile:read',
  'profile.update': 'profile:write',
  'oauth_client.manage': 'oauthClients:update',
  'project.create': 'projects:update',
  'project.set_status': 'projects:update',
  'project.find': 'projects:read',
  'project.read': 'projects:read',
  'settings.manage': 'projects:update',
  'service_account.manage': 'serviceAccounts:update',
  'api_key.manage': 'apiKeys:create',
  'participant_token.mint': 'rooms:connect',
  'room.manage': 'rooms:update',
  'room.connect': 'rooms:connect',
  'profile.read_own': 'profile:read',
  'usage.read': 'projects:billing.read',
  'usage.read_own': 'llm:usage.read',
  'usage.read_all': 'projects:billing.read',
};

const project = '/accounts/projects/:projectId';
const serviceAccount = `${project}/service-accounts/:serviceAccountId`;

/**
 * What every route needs. `public`: no credential; `service`: the deployment's service credential. A route that is not here answers nobody.
 * Routes with `:projectId` are checked against that project.
 */
export const routePermissions: Readonly<Record<string, Permission | 'public' | 'service'>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /config': 'public',
  'GET /pricing': 'public',
  'POST /api/participant-token/validate': 'public',

  'GET /internal/projects/:id/policy': 'service',
  'GET /internal/projects/:id/rooms/:name': 'service',
  'GET /internal/changes': 'service',
  'GET /internal/oauth/keys': 'service',

  'GET /oauth/sign-in/:uid': 'public',
  'POST /oauth/sign-in/:uid': 'public',

  'GET /accounts/profiles/me': 'profile.read_own',
  'GET /accounts/profiles/:userId': 'profile.read',
  'PUT /accounts/profiles/:userId': 'profile.update',
  'GET /accounts/whoami': 'profile.read_own',
  'POST /accounts/users': 'user.manage',
  'PUT /accounts/users/:userId/password': 'user.manage',
  'GET /accounts/sysadmin/usage': 'usage.read_all',

  'POST /accounts/projects': 'project.create',
  'GET /accounts/projects': 'project.find',
  'GET /accounts/projects/by-key/:key': 'project.find',
  [`GET ${project}`]: 'project.read',
  [`GET ${project}/status`]: 'project.read',
  [`PUT ${project}/status`]: 'project.set_status',
  [`GET ${project}/role`]: 'project.read',

  [`PUT ${project}/settings`]: 'settings.manage',
  [`GET ${project}/settings/:document`]: 'settings.manage',
  [`PUT ${project}/settings/:document`]: 'settings.manage',
  [`DELETE ${project}/settings/:document`]: 'settings.manage',

  [`GET ${project}/service-accounts`]: 'service_account.manage',
  [`POST ${project}/service-accounts`]: 'service_account.manage',
  [`GET ${project}/service-accounts/by-name/:name`]: 'service_account.manage',
  [`GET ${serviceAccount}`]: 'service_account.manage',

  [`POST ${serviceAccount}/api-keys`]: 'api_key.manage',
  [`GET ${serviceAccount}/api-keys`]: 'api_key.manage',
  [`DELETE ${serviceAccount}/api-keys/:apiKeyId`]: 'api_key.manage',
  [`POST ${serviceAccount}/api-keys:revoke`]: 'api_key.manage',
  [`POST ${project}/api-keys`]: 'api_key.manage',
  [`GET ${project}/api-keys`]: 'api_key.manage',
  [`DELETE ${project}/api-keys/:apiKeyId`]: 'api_key.manage',

  [`POST ${project}/participant-tokens`]: 'participant_token.mint',

  [`POST ${project}/rooms`]: 'room.manage',
  [`GET ${project}/rooms`]: 'room.manage',
  [`GET ${project}/rooms/:room`]: 'room.manage',
  [`PUT ${project}/rooms/:room`]: 'room.manage',
  [`DELETE ${project}/rooms/:room`]: 'room.manage',
  [`POST ${project}/rooms/:room/connect`]: 'room.connect',

  [`POST ${project}/oauth/clients`]: 'oauth_client.manage',
  [`GET ${project}/oauth/clients`]: 'oauth_client.manage',
  [`GET ${project}/oauth/clients/:clientId`]: 'oauth_client.manage',
  [`PUT ${project}/oauth/clients/:clientId`]: 'oauth_client.manage',
  [`DELETE ${project}/oauth/clients/:clientId`]: 'oauth_client.manage',

  [`GET ${project}/usage`]: 'usage.read',
  [`GET ${project}/llm-proxy/usage`]: 'usage.read_own',
};

/** Null: nobody. */
export const roleIn = (caller: Caller, projectId: string): Role | null => {
  if (caller.kind === 'operator') return 'operator';
  if (caller.kind === 'user') return memberRole(caller.memberships.get(projectId));
  if (caller.projectId !== projectId) return null;
  return caller.kind === 'api_key' ? 'admin' : 'participant';
};

/** The role a caller has where it is at home, for routes without a project. */
export const ownRole = (caller: Caller): Role => {
  if (caller.kind === 'operator' || caller.kind === 'user') return caller.kind;
  return roleIn(caller, caller.projectId)!;
};

const memberRole = (roles: readonly string[] | undefined): Role | null => {
  if (roles === undefined) return null;
  return roles.includes('owner') || roles.includes('admin') ? 'admin' : 'member';
};

/** Only users act through clients that were allowed something. */
export const isInScope = (caller: Caller, permission: Permission): boolean => caller.kind !== 'user' || caller.scopes.has(scopeOf[permission]);


export const mayDo = (role: Role, permission: Permission): boolean => (permissions[permission] as readonly Role[]).includes(role);
