import { assignableRoles, expandRoles, expandScopes } from '@llm-proxy/shared-auth';
import { mayGive } from './escalation.js';
import { hasRoleFor, mayCallModels, mayDo, type Permission, permissions, type Role, routePermissions, type Standing } from './permissions.js';

const all = Object.keys(permissions) as Permission[];
const standing = (roles: readonly string[], scope?: string): Standing => ({ roles: expandRoles(roles), scopes: scope === undefined ? null : expandScopes(scope) });
const allowed = (who: Standing) => all.filter((permission) => mayDo(who, permission));
const as = (...roles: string[]) => allowed(standing(roles));
const only = (role: Role): Standing => ({ roles: new Set([role]), scopes: null });

describe('permissions', () => {
  it('an admin may do everything in its project, and nothing beyond it', () => {
    const beyond = ['project.create', 'pricing.manage', 'project.set_status', 'usage.read_all', 'audit.read_all', 'user.manage', 'profile.update'];
    expect(as('admin').sort()).toEqual(all.filter((permission) => !beyond.includes(permission)).sort());
    expect(as('owner')).toEqual(as('admin'));
  });

  it('a developer builds, and manages neither people, keys, programs, settings nor money', () => {
    const developer = as('developer');
    for (const permission of ['room.update', 'room.delete', 'participant_token.mint', 'usage.read', 'usage.read_own', 'member.read', 'service_account.create'] as const) expect(developer).toContain(permission);
    for (const permission of ['member.manage', 'api_key.read', 'api_key.create', 'oauth_client.read', 'oauth_client.create', 'settings.manage', 'audit.read', 'billing.read', 'service_account.update'] as const) {
      expect(developer).not.toContain(permission);
    }
  });

  it('a member and a participant see what they are in, and no more', () => {
    expect(as().sort()).toEqual(['access.test', 'feed.read', 'profile.read_own', 'project.find', 'project.read', 'room.connect', 'room.read']);
    expect(allowed(only('participant')).sort()).toEqual(['access.test', 'profile.read_own', 'project.find', 'project.read']);
  });

  it('a user outside of projects has a profile, and finds and makes projects', () => {
    expect(allowed(only('user')).sort()).toEqual(['profile.read', 'profile.read_own', 'profile.update', 'project.create', 'project.find']);
  });

  it('an access token narrows its user: both the role and the scope are needed', () => {
    expect(allowed(standing(['admin'], 'admin'))).toEqual(as('admin'));
    expect(allowed(standing(['admin'], ''))).toEqual([]);
    expect(allowed(standing(['admin'], 'rooms:read rooms:delete llm:invoke'))).toEqual(['room.read', 'room.delete', 'session.read']);
    expect(allowed(standing([], 'rooms:read rooms:delete'))).toEqual(['room.read']);
    expect(hasRoleFor(standing(['admin'], ''), 'room.delete')).toBe(true);
    expect([standing(['developer'], 'llm_proxy'), standing(['developer'], 'rooms:connect'), standing([], 'llm_proxy'), standing(['admin'])].map(mayCallModels)).toEqual([true, false, false, true]);
  });

  it('the scope of every permission is one that clients can ask for', () => {
    const known = expandScopes('admin');
    for (const permission of all) expect({ permission, known: known.has(permissions[permission].scope) }).toEqual({ permission, known: true });
  });

  it('more roles never take a permission away', () => {
    for (const role of assignableRoles) {
      for (const other of assignableRoles) expect(as(role, other)).toEqual(expect.arrayContaining(as(role)));
    }
  });

  it('nobody can give what they do not have', () => {
    expect(mayGive(standing(['admin']), ['admin'])).toBe(true);
    expect(mayGive(standing(['admin']), ['owner'])).toBe(false);
    expect(mayGive(standing(['developer', 'api_key_creator']), ['admin'])).toBe(false);
    expect(mayGive(standing(['developer', 'api_key_creator']), ['developer'])).toBe(true);
    for (const role of assignableRoles) expect(mayGive(standing(['api_key_manager']), [role])).toBe([...expandRoles([role])].every((one) => ['member', 'api_key_manager', 'api_key_creator', 'api_key_inventory'].includes(one)));
  });

  it('no program can give what its user did not allow it', () => {
    expect(mayGive(standing(['owner'], 'admin'), ['admin'])).toBe(true);
    expect(mayGive(standing(['owner'], 'apiKeys:create serviceAccounts:create'), ['admin'])).toBe(false);
    const members = 'profile:read projects:read rooms:read rooms:connect';
    expect(mayGive(standing(['owner'], `apiKeys:create ${members}`), [])).toBe(true);
    expect(mayGive(standing(['owner'], `llm:usage.read ${members}`), ['llm_proxy_user'])).toBe(false);
    expect(mayGive(standing(['owner'], `llm_proxy ${members}`), ['llm_proxy_user'])).toBe(true);
    expect(mayGive(standing(['owner'], members), ['feed_inventory'])).toBe(false);
    expect(mayGive(standing(['owner'], `llm:logs.read ${members}`), ['feed_inventory'])).toBe(true);
  });

  it('every permission is asked for somewhere', () => {
    expect([...new Set(Object.values(routePermissions))].sort()).toEqual([...all, 'public', 'service'].sort());
  });

  it('all that is internal takes the service credential, and nothing else does', () => {
    for (const [route, needs] of Object.entries(routePermissions)) expect(needs === 'service').toBe(route.includes(' /internal/'));
  });
});
