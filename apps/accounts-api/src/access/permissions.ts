import type { ProjectRole } from '@llm-proxy/shared-auth';

/** The operator runs the deployment; a participant holds a token that somebody of the project minted. */
export type Role = ProjectRole | 'operator' | 'participant';

/** Everything a caller is in one project, inherited roles included. */
export type Standing = ReadonlySet<Role>;

/**
 * Who may do what: any of the roles is enough. Roles bring others along (`inheritedRoles` of libs/shared-auth): the operator and a project's owner
 * are admin, an admin is everything below, every `_manager` is `_creator` and `_inventory`.
 */
export const permissions = {
  'project.create': ['operator'],
  'project.set_status': ['operator'],
  'project.find': ['member', 'participant'],
  'project.read': ['member', 'participant'],
  'profile.read_own': ['member', 'participant'],
  'settings.manage': ['admin'],
  'audit.read': ['admin'],
  'member.read': ['developer'],
  'member.manage': ['admin'],
  'access.test': ['member', 'participant'],
  'access.read': ['developer'],
  'service_account.read': ['service_account_inventory'],
  'service_account.create': ['service_account_creator'],
  'service_account.manage': ['service_account_manager'],
  'api_key.read': ['api_key_inventory'],
  'api_key.create': ['api_key_creator'],
  'api_key.manage': ['api_key_manager'],
  'participant_token.mint': ['participant_token_creator'],
  'room.read': ['member'],
  'room.create': ['room_creator'],
  'room.manage': ['room_manager'],
  'room.connect': ['member'],
  'room_grant.manage': ['room_manager'],
  'session.read': ['session_inventory'],
  'billing.read': ['billing_manager'],
  'usage.read': ['usage_reporter'],
  'usage.read_own': ['llm_proxy_user'],
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
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/:asset': 'public',
  'POST /api/participant-token/validate': 'public',

  'GET /internal/projects/:id/policy': 'service',
  'GET /internal/projects/:id/rooms/:name': 'service',
  'GET /internal/changes': 'service',
  'POST /internal/api-keys/used': 'service',

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
  [`POST ${project}/settings/:document:test`]: 'settings.manage',
  [`GET ${project}/audit`]: 'audit.read',

  [`GET ${project}/users`]: 'member.read',
  [`POST ${project}/users`]: 'member.manage',
  [`PUT ${project}/users/:memberId`]: 'member.manage',
  [`DELETE ${project}/users/:memberId`]: 'member.manage',

  [`POST ${project}/access:test`]: 'access.test',
  [`POST ${project}/access:effective`]: 'access.test',
  [`POST ${project}/access:bindings`]: 'access.test',
  [`GET ${project}/iam/:resourceType/:resourceId/policy`]: 'access.read',
  [`POST ${project}/iam/:resourceType/:resourceId/policy:grant`]: 'member.manage',
  [`POST ${project}/iam/:resourceType/:resourceId/policy:revoke`]: 'member.manage',

  [`GET ${project}/service-accounts`]: 'service_account.read',
  [`POST ${project}/service-accounts`]: 'service_account.create',
  [`GET ${project}/service-accounts/by-name/:name`]: 'service_account.read',
  [`GET ${serviceAccount}`]: 'service_account.read',
  [`PUT ${serviceAccount}`]: 'service_account.manage',
  [`DELETE ${serviceAccount}`]: 'service_account.manage',

  [`POST ${serviceAccount}/api-keys`]: 'api_key.create',
  [`GET ${serviceAccount}/api-keys`]: 'api_key.read',
  [`DELETE ${serviceAccount}/api-keys/:apiKeyId`]: 'api_key.manage',
  [`POST ${serviceAccount}/api-keys/:apiKeyId/rotate`]: 'api_key.manage',
  [`POST ${serviceAccount}/api-keys:revoke`]: 'api_key.manage',
  [`POST ${project}/api-keys`]: 'api_key.create',
  [`GET ${project}/api-keys`]: 'api_key.read',
  [`DELETE ${project}/api-keys/:apiKeyId`]: 'api_key.manage',

  [`POST ${project}/participant-tokens`]: 'participant_token.mint',

  [`POST ${project}/rooms`]: 'room.create',
  [`GET ${project}/rooms`]: 'room.read',
  [`GET ${project}/rooms/:room`]: 'room.read',
  [`PUT ${project}/rooms/:room`]: 'room.manage',
  [`DELETE ${project}/rooms/:room`]: 'room.manage',
  [`POST ${project}/rooms/:room/connect`]: 'room.connect',

  [`POST ${project}/room-grants`]: 'room_grant.manage',
  [`GET ${project}/room-grants`]: 'room_grant.manage',
  [`GET ${project}/room-grants/by-room`]: 'room_grant.manage',
  [`GET ${project}/room-grants/by-user`]: 'room_grant.manage',
  [`GET ${project}/room-grants/by-room/:room`]: 'room_grant.manage',
  [`GET ${project}/room-grants/by-user/:userId`]: 'room_grant.manage',
  [`PUT ${project}/room-grants/:grantId`]: 'room_grant.manage',
  [`GET ${project}/room-grants/:room/:userId`]: 'room_grant.manage',
  [`DELETE ${project}/room-grants/:room/:userId`]: 'room_grant.manage',
  [`GET ${project}/sessions`]: 'session.read',
  [`GET ${project}/sessions/active`]: 'session.read',

  [`GET ${project}/balance`]: 'billing.read',
  [`GET ${project}/transactions`]: 'billing.read',
  [`GET ${project}/subscription`]: 'billing.read',
  [`GET ${project}/usage`]: 'usage.read',
  [`GET ${project}/requests/:requestId`]: 'usage.read',
  [`GET ${project}/llm-proxy/usage`]: 'usage.read_own',
};

export const isPermission = (name: string): name is Permission => Object.hasOwn(permissions, name);

export const mayDo = (standing: Standing, permission: Permission): boolean => permissions[permission].some((role) => standing.has(role));
