import fc from 'fast-check';
import { assignableRoles, expandRoles, flagsOf, inheritedRoles, type ProjectRole, roleFlags, type RoleFlags, withFlags } from './roles.js';

const anyRoles = fc.subarray([...assignableRoles, 'owner', 'no-such-role', '__proto__']);
const anyFlags: fc.Arbitrary<RoleFlags> = fc.record({
  is_admin: fc.boolean(),
  is_developer: fc.boolean(),
  can_create_rooms: fc.boolean(),
  can_create_agents: fc.boolean(),
  can_use_llm_proxy: fc.boolean(),
});

describe('role expansion', () => {
  it('an owner is everything, an admin everything but the owner', () => {
    expect([...expandRoles(['owner'])].sort()).toEqual([...assignableRoles, 'owner'].sort());
    expect([...expandRoles(['admin'])].sort()).toEqual([...assignableRoles].sort());
  });

  it('a developer may call models and manage rooms, but neither people nor keys', () => {
    const developer = expandRoles(['developer']);
    for (const role of ['member', 'llm_proxy_user', 'room_manager', 'room_creator', 'usage_reporter'] as const) expect(developer.has(role)).toBe(true);
    for (const role of ['admin', 'owner', 'api_key_creator', 'api_key_inventory', 'billing_manager', 'service_account_manager'] as const) expect(developer.has(role)).toBe(false);
  });

  it('nobody in particular is a member', () => expect([...expandRoles([])]).toEqual(['member']));

  it('keeps what was given, and follows every inheritance to its end', () => {
    fc.assert(
      fc.property(anyRoles, (direct) => {
        const expanded = expandRoles(direct);
        for (const role of direct) expect(expanded.has(role as ProjectRole)).toBe(role === 'owner' || (assignableRoles as readonly string[]).includes(role));
        for (const role of expanded) for (const inherited of inheritedRoles[role] ?? []) expect(expanded.has(inherited)).toBe(true);
      }),
    );
  });

  it('is a closure: expanding again adds nothing, more roles never give less, and nothing is but what one of them brings', () => {
    fc.assert(
      fc.property(anyRoles, anyRoles, (some, more) => {
        const expanded = expandRoles(some);
        expect(expandRoles([...expanded])).toEqual(expanded);
        const union = expandRoles([...some, ...more]);
        expect(union).toEqual(new Set([...expanded, ...expandRoles(more)]));
      }),
    );
  });
});

describe('switches of older clients', () => {
  it('what is written is read back', () => {
    fc.assert(fc.property(anyRoles, anyFlags, (direct, flags) => expect(flagsOf(withFlags(direct, flags))).toEqual(flags)));
  });

  it('writing back what was read changes nothing', () => {
    fc.assert(
      fc.property(anyFlags, (flags) => {
        const roles = withFlags([], flags);
        expect(withFlags(roles, flagsOf(roles)).sort()).toEqual(roles.sort());
      }),
    );
  });

  it('what is not sent, and what no switch stands for, stays', () => {
    expect(withFlags(['billing_manager', 'agent_creator', 'admin'], { is_admin: false, can_use_llm_proxy: true }).sort()).toEqual(['agent_creator', 'billing_manager', 'llm_proxy_user']);
    fc.assert(fc.property(anyRoles, (direct) => expect(withFlags(direct, {})).toEqual(direct)));
  });

  it('an admin can do all that the switches say', () => {
    expect(Object.values(flagsOf(expandRoles(['admin'])))).toEqual(Object.keys(roleFlags).map(() => true));
  });
});
