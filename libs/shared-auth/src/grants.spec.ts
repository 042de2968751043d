import fc from 'fast-check';
import {
  agentDefaultApiScope,
  fullApiScope,
  llmGrantAllows,
  llmGrantAllowsProvider,
  llmGrantOf,
  roleGrantOf,
  roomGrantOf,
  userDefaultApiScope,
} from './grants.js';

const claimsWith = (...grants: { name: string; scope: unknown }[]) => ({ grants });
const llmScope = (llm: unknown) => claimsWith({ name: 'api', scope: { llm } });

describe('grants of a token', () => {
  it('room is a name', () => {
    expect(roomGrantOf(claimsWith({ name: 'role', scope: 'agent' }, { name: 'room', scope: 'my-room' }))).toBe('my-room');
    for (const scope of ['', null, 7, {}]) expect(roomGrantOf(claimsWith({ name: 'room', scope }))).toBeNull();
    expect(roomGrantOf(claimsWith())).toBeNull();
  });

  it('role is user unless it says otherwise', () => {
    expect(roleGrantOf(claimsWith({ name: 'role', scope: 'agent' }))).toBe('agent');
    expect(roleGrantOf(claimsWith({ name: 'role', scope: 'emperor' }))).toBe('user');
    expect(roleGrantOf(claimsWith())).toBe('user');
  });

  it('llm must be granted inside api', () => {
    expect(llmGrantOf(llmScope({}))).toEqual({ models: null });
    expect(llmGrantOf(llmScope({ models: null }))).toEqual({ models: null });
    expect(llmGrantOf(llmScope({ models: ['openai/*', 3] }))).toEqual({ models: ['openai/*'] });
    for (const none of [undefined, null, true, 'yes', []]) expect(llmGrantOf(llmScope(none))).toBeNull();
    expect(llmGrantOf(claimsWith({ name: 'llm', scope: {} }))).toBeNull();
    expect(llmGrantOf(claimsWith({ name: 'api', scope: 'all' }))).toBeNull();
  });

  it('a models list that is no list allows nothing', () => {
    expect(llmGrantOf(llmScope({ models: 'openai/*' }))).toEqual({ models: [] });
  });

  it.each([
    [null, true],
    [[], false],
    [['openai/gpt-4o'], true],
    [['openai/gpt-4'], false],
    [['openai/gpt-4*'], true],
    [['openai/*'], true],
    [['anthropic/*'], false],
    [['gpt-4o'], false],
    [['*'], true],
    [['openai/*-4o'], false],
  ])('%j allows openai/gpt-4o: %s', (models, allowed) => {
    expect(llmGrantAllows({ models }, 'openai', 'gpt-4o')).toBe(allowed);
  });

  it('without a model, the provider must be named', () => {
    expect(llmGrantAllowsProvider({ models: null }, 'openai')).toBe(true);
    expect(llmGrantAllowsProvider({ models: ['openai/gpt-4o'] }, 'openai')).toBe(true);
    expect(llmGrantAllowsProvider({ models: ['openai/gpt-4o'] }, 'anthropic')).toBe(false);
    expect(llmGrantAllowsProvider({ models: ['*'] }, 'openai')).toBe(false);
  });

  it('adding entries never takes a model away', () => {
    const entries = fc.array(fc.constantFrom('openai/a', 'openai/a*', 'anthropic/b', '*', 'openai/*', 'x'));
    fc.assert(
      fc.property(entries, entries, fc.constantFrom('a', 'ab', 'b'), (some, more, model) => {
        if (llmGrantAllows({ models: some }, 'openai', model)) expect(llmGrantAllows({ models: [...some, ...more] }, 'openai', model)).toBe(true);
      }),
    );
  });

  it('presets differ in who may call models and administer', () => {
    expect(userDefaultApiScope()).not.toHaveProperty('llm');
    expect(agentDefaultApiScope()).toHaveProperty('llm', {});
    expect(Object.keys(fullApiScope())).toEqual([...Object.keys(agentDefaultApiScope()), 'admin', 'tunnels']);
  });
});
