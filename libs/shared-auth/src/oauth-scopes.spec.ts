import fc from 'fast-check';
import { API_SCOPES, expandScopes, scopesWithin } from './oauth-scopes.js';

const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean => [...some].every((scope) => all.has(scope));
const scopeLists = fc.array(fc.constantFrom(...API_SCOPES, 'unknown', 'openid', '__proto__'), { maxLength: 8 }).map((names) => names.join(' '));

describe('OAuth scopes', () => {
  it('older names mean what the newer ones say', () => {
    expect([...expandScopes('llm_proxy')]).toEqual(['llm:invoke', 'llm:usage.read']);
    expect([...expandScopes('profile  create_rooms')]).toEqual(['profile:read', 'profile:write', 'rooms:create']);
    expect(expandScopes('admin').has('oauthClients:delete')).toBe(true);
    expect(expandScopes('developer').has('oauthClients:delete')).toBe(false);
  });

  it('names nobody knows, and patterns, grant nothing', () => {
    expect([...expandScopes('project/* room/* constructor __proto__ LLM:INVOKE llm:* openid')]).toEqual([]);
    expect([...expandScopes('')]).toEqual([]);
  });

  it('more names never grant less', () => {
    fc.assert(fc.property(scopeLists, scopeLists, (some, more) => expect(isWithin(expandScopes(some), expandScopes(`${some} ${more}`))).toBe(true)));
  });

  it('a client gets no more than its own list means, and all that is on it', () => {
    fc.assert(
      fc.property(scopeLists, (allowed) => {
        const within = scopesWithin(allowed);
        const limit = allowed.trim() === '' ? expandScopes('admin') : expandScopes(allowed);
        expect(isWithin(expandScopes(within.join(' ')), limit)).toBe(true);
        for (const name of allowed.split(' ')) if (API_SCOPES.includes(name)) expect(within).toContain(name);
      }),
    );
    expect(scopesWithin('llm_proxy')).toEqual(['llm:invoke', 'llm:usage.read', 'llm_proxy']);
  });
});
