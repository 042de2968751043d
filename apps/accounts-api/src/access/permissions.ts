import { LLM_SCOPE, type ProjectRole } from '@llm-proxy/shared-auth';

/** The operator runs the deployment; a user is somebody who signed in, where no project is concerned; a participant holds a token that somebody of the project minted. */
export type Role = ProjectRole | 'operator' | 'user' | 'participant';

/** What a caller is in one project, and what the credential leaves of it. */
export interface Standing {
  /** Inherited ones included. */
  roles: ReadonlySet<Role>;
  /** Users act through programs, which may do no more than the user allowed them. Null: no limit. */
  scopes: ReadonlySet<string> | null;
}

interface Needs {
  roles: readonly Role[];
  scope: string;
}

/**
 * Who may do what: any of the roles is enough, and an access token must have the scope. Roles bring others along (`inheritedRoles` of
 * libs/shared-auth): the operator and a project's owner are admin, an admin is everything below, every `_manager` is `_creator` and `_inventory`.
 */
export const permissions = {
  'user.manage': { roles: ['operator'], scope: 'users:create' },
  'profile.read_own': { roles: ['member', 'participant', 'user'], scope: 'profile:read' },
  'profile.read': { roles: ['admin', 'user'], scope: 'profile:read' },
  'profile.update': { roles: ['operator', 'user'], scope: 'profile:write' },
  'project.create': { roles: ['operator', 'user'], scope: 'projects:update' },
  'project.set_status': { roles: ['operator'], scope: 'projects:update' },
  'project.find': { roles: ['member', 'participant', 'user'], scope: 'projects:read' },
  'project.read': { roles: ['member', 'participant'], scope: 'projects:read' },
  'settings.manage': { roles: ['admin'], scope: 'projects:update' },
  'audit.read': { roles: ['admin'], scope: 'projects:iam.read' },
  'audit.read_all': { roles: ['operator'], scope: 'projects:iam.read' },
  'member.read': { roles: ['developer'], scope: 'projects:iam.read' },
  'member.manage': { roles: ['admin'], scope: 'projects:iam.write' },
  'access.test': { roles: ['member', 'participant'], scope: 'projects:read' },
  'access.read': { roles: ['developer'], scope: 'projects:iam.read' },
  'service_account.read': { roles: ['service_account_inventory'], scope: 'serviceAccounts:read' },
  'service_account.create': { roles: ['service_account_creator'], scope: 'serviceAccounts:create' },
  'service_account.update': { roles: ['service_account_manager'], scope: 'serviceAccounts:update' },
  'service_account.delete': { roles: ['service_account_manager'], scope: 'serviceAccounts:delete' },
  'api_key.read': { roles: ['api_key_inventory'], scope: 'apiKeys:read' },
  'api_key.create': { roles: ['api_key_creator'], scope: 'apiKeys:create' },
  'api_key.rotate': { roles: ['api_key_manager'], scope: 'apiKeys:create' },
  'api_key.delete': { roles: ['api_key_manager'], scope: 'apiKeys:delete' },
  'oauth_client.read': { roles: ['oauth_client_inventory'], scope: 'oauthClients:read' },
  'oauth_client.create': { roles: ['oauth_client_creator'], scope: 'oauthClients:create' },
  'oauth_client.update': { roles: ['oauth_client_manager'], scope: 'oauthClients:update' },
  'oauth_client.delete': { roles: ['oauth_client_manager'], scope: 'oauthClients:delete' },
  'participant_token.mint': { roles: ['participant_token_creator'], scope: 'rooms:connect' },
  'room.read': { roles: ['member'], scope: 'rooms:read' },
  'room.create': { roles: ['room_creator'], scope: 'rooms:create' },
  'room.update': { roles: ['room_manager'], scope: 'rooms:update' },
  'room.delete': { roles: ['room_manager'], scope: 'rooms:delete' },
  'room.connect': { roles: ['member'], scope: 'rooms:connect' },
  'room_grant.manage': { roles: ['room_manager'], scope: 'rooms:update' },
  'feed.read': { roles: ['member'], scope: 'projects:read' },
  'feed.create': { roles: ['feed_creator'], scope: 'llm:logs.write' },
  'feed.update': { roles: ['feed_manager'], scope: 'llm:logs.write' },
  'feed.delete': { roles: ['feed_manager'], scope: 'llm:logs.write' },
  'feed.publish': { roles: ['feed_manager'], scope: 'llm:logs.write' },
  'llm_logger.read': { roles: ['llm_logger_inventory'], scope: 'llm:logs.read' },
  'llm_logger.create': { roles: ['llm_logger_creator'], scope: 'llm:logs.write' },
  'llm_logger.update': { roles: ['llm_logger_manager'], scope: 'llm:logs.write' },
  'llm_logger.delete': { roles: ['llm_logger_manager'], scope: 'llm:logs.write' },
  'session.read': { roles: ['session_inventory'], scope: 'rooms:read' },
  'billing.read': { roles: ['billing_manager'], scope: 'projects:billing.read' },
  'pricing.manage': { roles: ['operator'], scope: 'projects:update' },
  'billing.manage': { roles: ['billing_manager'], scope: 'projects:billing.write' },
  'usage.read': { roles: ['usage_reporter'], scope: 'projects:billing.read' },
  'usage.read_own': { roles: ['llm_proxy_user'], scope: 'llm:usage.read' },
  'usage.read_all': { roles: ['operator'], scope: 'projects:billing.read' },
} as const satisfies Record<string, Needs>;

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
  'POST /internal/projects/existing': 'service',
  'GET /internal/projects/:id/rooms/:name': 'service',
  'GET /internal/changes': 'service',
  'POST /internal/api-keys/used': 'service',
  'GET /internal/oauth/keys': 'service',
  'GET /internal/oauth/revoked': 'service',

  'GET /oauth/sign-in/:uid': 'public',
  'POST /oauth/sign-in/:uid': 'public',
  'GET /oauth/sign-in/:uid/with/:provider': 'public',
  'GET /oauth/sign-in/:uid/from/:provider': 'public',
  'GET /oauth/signed-in/:provider': 'public',
  'GET /oauth/password': 'public',
  'POST /oauth/password': 'public',

  'GET /accounts/profiles/me': 'profile.read_own',
  'GET /accounts/profiles/:userId': 'profile.read',
  'PUT /accounts/profiles/:userId': 'profile.update',
  'GET /accounts/whoami': 'profile.read_own',
  'POST /accounts/users': 'user.manage',
  'PUT /accounts/users/:userId/password': 'user.manage',
  'GET /accounts/sysadmin/usage': 'usage.read_all',
  'GET /accounts/sysadmin/unpriced': 'usage.read_all',
  'GET /accounts/sysadmin/audit': 'audit.read_all',

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
  [`PUT ${serviceAccount}`]: 'service_account.update',
  [`DELETE ${serviceAccount}`]: 'service_account.delete',

  [`POST ${serviceAccount}/api-keys`]: 'api_key.create',
  [`GET ${serviceAccount}/api-keys`]: 'api_key.read',
  [`DELETE ${serviceAccount}/api-keys/:apiKeyId`]: 'api_key.delete',
  [`POST ${serviceAccount}/api-keys/:apiKeyId/rotate`]: 'api_key.rotate',
  [`POST ${serviceAccount}/api-keys:revoke`]: 'api_key.delete',
  [`POST ${project}/api-keys`]: 'api_key.create',
  [`GET ${project}/api-keys`]: 'api_key.read',
  [`DELETE ${project}/api-keys/:apiKeyId`]: 'api_key.delete',

  [`POST ${project}/participant-tokens`]: 'participant_token.mint',

  [`POST ${project}/rooms`]: 'room.create',
  [`GET ${project}/rooms`]: 'room.read',
  [`GET ${project}/rooms/:room`]: 'room.read',
  [`PUT ${project}/rooms/:room`]: 'room.update',
  [`DELETE ${project}/rooms/:room`]: 'room.delete',
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

  [`POST ${project}/feeds`]: 'feed.create',
  [`GET ${project}/feeds`]: 'feed.read',
  [`GET ${project}/feeds/by-name/:name`]: 'feed.read',
  [`GET ${project}/feeds/:feedId`]: 'feed.read',
  [`PUT ${project}/feeds/:feedId`]: 'feed.update',
  [`DELETE ${project}/feeds/:feedId`]: 'feed.delete',
  [`POST ${project}/feeds/:feedId/messages`]: 'feed.publish',
  [`POST ${project}/feeds/:feedId/messages/batch`]: 'feed.publish',
  [`GET ${project}/feeds/:feedId/messages`]: 'feed.read',
  [`POST ${project}/llm-loggers`]: 'llm_logger.create',
  [`GET ${project}/llm-loggers`]: 'llm_logger.read',
  [`GET ${project}/llm-loggers/:loggerId`]: 'llm_logger.read',
  [`PUT ${project}/llm-loggers/:loggerId`]: 'llm_logger.update',
  [`DELETE ${project}/llm-loggers/:loggerId`]: 'llm_logger.delete',

  [`GET ${project}/balance`]: 'billing.read',
  [`GET ${project}/transactions`]: 'billing.read',
  [`GET ${project}/subscription`]: 'billing.read',
  [`POST ${project}/recharge`]: 'billing.manage',
  [`POST ${project}/credits`]: 'billing.manage',
  [`POST ${project}/subscription`]: 'billing.manage',
  [`POST ${project}/oauth/clients`]: 'oauth_client.create',
  [`GET ${project}/oauth/clients`]: 'oauth_client.read',
  [`GET ${project}/oauth/clients/:clientId`]: 'oauth_client.read',
  [`PUT ${project}/oauth/clients/:clientId`]: 'oauth_client.update',
  [`DELETE ${project}/oauth/clients/:clientId`]: 'oauth_client.delete',

  [`GET ${project}/pricing`]: 'usage.read',
  [`GET ${project}/price-adjustments`]: 'usage.read',
  [`PUT ${project}/price-adjustments`]: 'pricing.manage',
  [`DELETE ${project}/price-adjustments`]: 'pricing.manage',
  [`GET ${project}/usage`]: 'usage.read',
  [`GET ${project}/requests/:requestId`]: 'usage.read',
  [`GET ${project}/llm-proxy/usage`]: 'usage.read_own',
};

export const isPermission = (name: string): name is Permission => Object.hasOwn(permissions, name);

const isWithin = (scopes: Standing['scopes'], scope: string): boolean => scopes === null || scopes.has(scope);

export const hasRoleFor = ({ roles }: Standing, permission: Permission): boolean => permissions[permission].roles.some((role) => roles.has(role));

export const mayDo = (standing: Standing, permission: Permission): boolean => hasRoleFor(standing, permission) && isWithin(standing.scopes, permissions[permission].scope);

/** Calls go to the gateway; here it decides who may let others make them. */
export const mayCallModels = ({ roles, scopes }: Standing): boolean => roles.has('llm_proxy_user') && isWithin(scopes, LLM_SCOPE);

/** Beside `feed.read`, which every member has: feeds that are private, with what they tell of everybody's usage. */
export const mayReadPrivateFeeds = ({ roles, scopes }: Standing): boolean => roles.has('feed_inventory') && isWithin(scopes, 'llm:logs.read');
