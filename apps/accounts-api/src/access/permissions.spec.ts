import { expandScopes } from '@llm-proxy/shared-auth';
import type { Caller, UserCaller } from './caller.js';
import { isInScope, mayDo, ownRole, type Permission, permissions, roleIn, routePermissions, scopeOf } from './permissions.js';

const OWN = '0f1e2d3c-4b5a-6978-90ab-cdef12345678';
const OTHER = '123e4567-e89b-12d3-a456-426614174000';
const operator: Caller = { kind: 'operator' };
const apiKey: Caller = { kind: 'api_key', projectId: OWN, apiKeyId: OTHER, serviceAccountId: OTHER, serviceAccountName: 'default' };
const participant: Caller = { kind: 'participant', projectId: OWN, name: 'ann', claims: { name: 'ann', grants: [], sub: OWN, kid: undefined } };

const userWith = (roles: readonly string[] | null, scope = 'admin'): UserCaller => ({
  kind: 'user',
  userId: OTHER,
  email: 'ann@example.com',
  firstName: null,
  lastName: null,
  clientId: 'cli',
  scopes: expandScopes(scope),
  memberships: new Map(roles === null ? [] : [[OWN, roles]]),
});

describe('permissions', () => {
  it('a user is what their roles say, in their projects only', () => {
    expect([['owner'], ['member', 'admin'], ['member'], ['developer', 'llm_proxy_user'], []].map((roles) => roleIn(userWith(roles), OWN))).toEqual(['admin', 'admin', 'member', 'member', 'member']);
    expect([roleIn(userWith(null), OWN), roleIn(userWith(['owner']), OTHER)]).toEqual([null, null]);
    expect(ownRole(userWith(['owner']))).toBe('user');
    for (const permission of Object.keys(permissions) as Permission[]) if (/manage|set|mint|connect|_all$/.test(permission)) expect([mayDo('user', permission), mayDo('member', permission)]).toEqual([false, false]);
  });

  it('an access token limits its user, and nobody else; every scope asked for can be granted', () => {
    const all = expandScopes('admin');
    for (const permission of Object.keys(permissions) as Permission[]) {
      expect(all.has(scopeOf[permission])).toBe(true);
      expect([isInScope(userWith(['owner']), permission), isInScope(userWith(['owner'], 'openid'), permission), isInScope(apiKey, permission)]).toEqual([true, false, true]);
    }
  });

  it('a caller is somebody in its own project, and nobody elsewhere', () => {
    expect([roleIn(operator, OWN), roleIn(apiKey, OWN), roleIn(participant, OWN)]).toEqual(['operator', 'admin', 'participant']);
    expect([roleIn(operator, OTHER), roleIn(apiKey, OTHER), roleIn(participant, OTHER)]).toEqual(['operator', null, null]);
    expect([ownRole(operator), ownRole(apiKey), ownRole(participant)]).toEqual(['operator', 'admin', 'participant']);
  });

  it('the operator may do everything; participants manage nothing', () => {
    for (const permission of Object.keys(permissions) as Permission[]) {
      expect(mayDo('operator', permission)).toBe(true);
      if (/manage|create|set|mint|connect|_all$/.test(permission)) expect(mayDo('participant', permission)).toBe(false);
    }
  });

  it('every permission is asked for somewhere', () => {
    expect([...new Set(Object.values(routePermissions))].sort()).toEqual([...Object.keys(permissions), 'public', 'service'].sort());
  });

  it('all that is internal takes the service credential, and nothing else does', () => {
    for (const [route, needs] of Object.entries(routePermissions)) expect(needs === 'service').toBe(route.includes(' /internal/'));
  });
});
