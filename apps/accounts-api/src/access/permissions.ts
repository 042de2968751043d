import type { Caller } from './caller.js';

/**
 * Who a caller is to a project. The operator is it everywhere, an API key is admin of its own project, a participant token takes part in its own;
 * to any other project a caller is nobody, and does not even learn whether it exists.
 */
export type Role = 'operator' | 'admin' | 'participant';

/** Who may do what. */
export const permissions = {
  'project.create': ['operator'],
  'project.set_status': ['operator'],
  'project.find': ['operator', 'admin', 'participant'],
  'project.read': ['operator', 'admin', 'participant'],
  'settings.manage': ['operator', 'admin'],
  'service_account.manage': ['operator', 'admin'],
  'api_key.manage': ['operator', 'admin'],
  'participant_token.mint': ['operator', 'admin'],
  'room.manage': ['operator', 'admin'],
  'room.connect': ['operator', 'admin'],
  'profile.read_own': ['operator', 'admin', 'participant'],
  'usage.read': ['operator', 'admin'],
  'usage.read_own': ['operator', 'admin', 'participant'],
  'usage.read_all': ['operator'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

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

  'GET /accounts/profiles/me': 'profile.read_own',
  'GET /accounts/sysadmin/usage': 'usage.read_all',
  'GET /accounts/sysadmin/unpriced': 'usage.read_all',

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

  [`GET ${project}/usage`]: 'usage.read',
  [`GET ${project}/requests/:requestId`]: 'usage.read',
  [`GET ${project}/llm-proxy/usage`]: 'usage.read_own',
};

/** Null: nobody. */
export const roleIn = (caller: Caller, projectId: string): Role | null => {
  if (caller.kind === 'operator') return 'operator';
  if (caller.projectId !== projectId) return null;
  return caller.kind === 'api_key' ? 'admin' : 'participant';
};

/** The role a caller has where it is at home, for routes without a project. */
export const ownRole = (caller: Caller): Role => (caller.kind === 'operator' ? 'operator' : roleIn(caller, caller.projectId)!);

export const mayDo = (role: Role, permission: Permission): boolean => (permissions[permission] as readonly Role[]).includes(role);
