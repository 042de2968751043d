import { scopesInWords } from './scope-words.js';

describe('scopes in words', () => {
  it('say the same for older and newer names', () => {
    expect(scopesInWords('profile llm_proxy')).toEqual(['Use language models, at the expense of your projects', 'See and change your profile']);
    expect(scopesInWords('profile:read profile:write llm:invoke')).toEqual(scopesInWords('profile llm_proxy'));
  });

  it('never say less than is asked for', () => {
    expect(scopesInWords('admin')[0]).toContain('everything');
    expect(scopesInWords('profile:read projects:billing.read')).toEqual(['See your profile', 'See your projects and their bills']);
    expect(scopesInWords('mailboxes:delete llm:usage.read')).toEqual(['See the usage of language models', 'See and change mailboxes']);
  });

  it('leave out what nobody knows', () => {
    expect(scopesInWords('made:up <script>')).toEqual([]);
  });
});
