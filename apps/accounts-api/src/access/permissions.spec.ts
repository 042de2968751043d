import { assignableRoles, expandRoles } from '@llm-proxy/shared-auth';
import { mayGive } from './escalation.js';
import { mayDo, type Permission, permissions, type Role, routePermissions } from './permissions.js';

const all = Object.keys(permissions) as Permission[];
const as = (...roles: string[]) => all.filter((permission) => mayDo(expandRoles(roles), permission));

describe('permissions', () => {
  it('an admin may do everything in its project, and nothing beyond it', () => {
    const beyond = ['project.create', 'project.set_status', 'usage.read_all'];
    expect(as('admin').sort()).toEqual(all.filter((permission) => !beyond.includes(permission)).sort());
    expect(as('owner')).toEqual(as('admin'));
  });

  it('a developer builds, and manages neither people, keys, settings nor money', () => {
    const developer = as('developer');
    for (const permission of ['room.manage', 'participant_token.mint', 'usage.read', 'usage.read_own', 'member.read', 'service_account.create'] as const) expect(developer).toContain(permission);
    for (const permission of ['member.manage', 'api_key.read', 'api_key.create', 'settings.manage', 'audit.read', 'billing.read', 'service_account.manage'] as const) expect(developer).not.toContain(permission);
  });

  it('a member and a participant see what they are in, and no more', () => {
    expect(as().sort()).toEqual(['access.test', 'profile.read_own', 'project.find', 'project.read', 'room.connect', 'room.read']);
    expect(all.filter((permission) => mayDo(new Set<Role>(['participant']), permission)).sort()).toEqual(['access.test', 'profile.read_own', 'project.find', 'project.read']);
  });

  it('more roles never take a permission away', () => {
    for (const role of assignableRoles) {
      for (const other of assignableRoles) expect(as(role, other)).toEqual(expect.arrayContaining(as(role)));
    }
  });

  it('nobody can give what they do not have', () => {
    expect(mayGive(expandRoles(['admin']), ['admin'])).toBe(true);
    expect(mayGive(expandRoles(['admin']), ['owner'])).toBe(false);
    expect(mayGive(expandRoles(['developer', 'api_key_creator']), ['admin'])).toBe(false);
    expect(mayGive(expandRoles(['developer', 'api_key_creator']), ['developer'])).toBe(true);
    for (const role of assignableRoles) expect(mayGive(expandRoles(['api_key_manager']), [role])).toBe([...expandRoles([role])].every((one) => ['member', 'api_key_manager', 'api_key_creator', 'api_key_inventory'].includes(one)));
  });

  it('every permission is asked for somewhere', () => {
    expect([...new Set(Object.values(routePermissions))].sort()).toEqual([...all, 'public', 'service'].sort());
  });

  it('all that is internal takes the service credential, and nothing else does', () => {
    for (const [route, needs] of Object.entries(routePermissions)) expect(needs === 'service').toBe(route.includes(' /internal/'));
  });
});
