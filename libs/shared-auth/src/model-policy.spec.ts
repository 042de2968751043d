import fc from 'fast-check';
import { matchesPattern, modelPolicySchema, policyAllowsClient, policyAllowsModel, policyAllowsProvider } from './model-policy.js';

const policy = (document: unknown) => modelPolicySchema.parse(document);

describe('model policy', () => {
  it('an empty document allows everything', () => {
    const all = policy({});
    expect([policyAllowsModel(all, 'openai', 'gpt-5'), policyAllowsProvider(all, 'anthropic'), policyAllowsClient(all, null), policyAllowsClient(all, 'curl/8')]).toEqual([true, true, true, true]);
    expect(policy({ allowedModels: null, apps: null, rules: [] })).toEqual(all);
  });

  it('an empty list allows nothing', () => {
    const none = policy({ allowedModels: [] });
    expect([policyAllowsModel(none, 'openai', 'gpt-5'), policyAllowsProvider(none, 'openai')]).toEqual([false, false]);
  });

  it('entries are of one provider, exact or with stars', () => {
    const some = policy({ allowedModels: [{ provider: 'openai', model: 'gpt-5*' }, { provider: 'anthropic', model: 'claude-haiku-4-5' }] });
    expect(policyAllowsModel(some, 'openai', 'gpt-5.4-mini')).toBe(true);
    expect(policyAllowsModel(some, 'openai', 'gpt-4o')).toBe(false);
    expect(policyAllowsModel(some, 'anthropic', 'gpt-5')).toBe(false);
    expect(policyAllowsModel(some, 'anthropic', 'claude-haiku-4-5')).toBe(true);
    expect(policyAllowsModel(some, 'anthropic', 'claude-haiku-4-5-20251001')).toBe(false);
    expect([policyAllowsProvider(some, 'openai'), policyAllowsProvider(some, 'grok')]).toEqual([true, false]);
  });

  it.each([
    [{ mode: 'blocked', userAgentPatterns: ['*Claude-CLI*'] }, 'claude-cli/1.0 (x)', false],
    [{ mode: 'blocked', userAgentPatterns: ['claude-cli'] }, 'claude-cli/1.0', true],
    [{ mode: 'allowed', userAgentPatterns: ['openai/*'] }, 'OpenAI/JS 7', true],
    [{ mode: 'allowed', userAgentPatterns: ['openai/*'] }, 'curl/8', false],
    [{ mode: 'allowed', userAgentPatterns: [] }, 'curl/8', false],
    [{ mode: 'allowed', userAgentPatterns: ['*'] }, null, true],
    [{ mode: 'blocked', blockMissingUserAgent: true }, null, false],
    [{ mode: 'blocked', blockMissingUserAgent: true }, '', false],
  ])('apps %j: %j is let in: %s', (apps, userAgent, allowed) => expect(policyAllowsClient(policy({ apps }), userAgent)).toBe(allowed));

  it.each([
    { allowed_models: [] },
    { allowedModels: ['openai/gpt-5'] },
    { allowedModels: [{ provider: 'openai', model: '' }] },
    { allowedModels: [{ provider: '', model: 'x' }] },
    { allowedModels: [{ model: 'x' }] },
    { allowedModels: [{ provider: 'openai', model: 'x', more: 1 }] },
    { allowedModels: {} },
    { apps: { mode: 'forbidden' } },
    { apps: { patterns: [] } },
    { rules: [{ name: 'x' }] },
    [],
    'all',
  ])('%j is refused', (document) => expect(modelPolicySchema.safeParse(document).success).toBe(false));

  it('patterns match what the same regular expression matches', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
    fc.assert(
      fc.property(letters, text, (glob, value) => {
        const expected = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(value);
        expect(matchesPattern(glob, value)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('a pattern of many stars is quick', () => {
    const before = process.cpuUsage();
    expect(matchesPattern('*a'.repeat(100), 'a'.repeat(50_000) + 'b')).toBe(false);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
