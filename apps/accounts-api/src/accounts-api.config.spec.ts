import { ConfigError } from '@llm-proxy/platform-config';
import { readAccountsApiConfig } from './accounts-api.config.js';

const NEEDED = {
  DATABASE_URL: 'postgres://localhost/x',
  KEY_ENCRYPTION_KEY: '00'.repeat(32),
  MESHAGENT_SECRET: 'sixteen-letters!',
  SERVICE_CREDENTIAL: 'x'.repeat(32),
  BILLING_URL: 'http://billing:8083/',
};

describe('settings', () => {
  it('has defaults where there is a good one', () => {
    expect(readAccountsApiConfig(NEEDED)).toMatchObject({ PORT: 8081, PUBLIC_URL: 'http://localhost:8080', BILLING_URL: 'http://billing:8083', SURCHARGE_BASIS_POINTS: 500 });
  });

  it.each(Object.keys(NEEDED))('%s has none', (name) => {
    expect(() => readAccountsApiConfig({ ...NEEDED, [name]: '' })).toThrow(new RegExp(name));
  });

  const provider = { id: 'corp', label: 'Corp', issuer: 'https://login.corp.example', client_id: 'c', client_secret: 'not-for-the-log' };

  it('identity providers come as JSON', () => {
    const { SIGN_IN_PROVIDERS } = readAccountsApiConfig({ ...NEEDED, SIGN_IN_PROVIDERS: JSON.stringify([{ ...provider, allowed_domains: ['Corp.Example'] }]) });
    expect(SIGN_IN_PROVIDERS).toEqual([{ ...provider, allowed_domains: ['corp.example'], scope: 'openid email profile', new_users: 'invited' }]);
  });

  it.each([
    ['no JSON', `[{"client_secret":"${provider.client_secret}"`],
    ['an issuer without TLS', { issuer: 'http://login.corp.example' }],
    ['an issuer with a user', { issuer: 'https://u:p@login.corp.example' }],
    ['what is no issuer', { issuer: 'login' }],
    ['an id that is no part of a path', { id: '../x' }],
    ['everybody of no domain', { new_users: 'allowed_domains' }],
    ['a domain that only looks like one', { allowed_domains: ['сorp.example'] }],
    ['no domain at all', { allowed_domains: [] }],
    ['a misspelt member', { allowed_domain: ['corp.example'] }],
    ['two with the same id', null],
  ])('an identity provider with %s is refused, without its secret in the message', (_, change) => {
    const value = typeof change === 'string' ? change : JSON.stringify(change === null ? [provider, provider] : [{ ...provider, ...change }]);
    const message = (() => {
      try {
        readAccountsApiConfig({ ...NEEDED, SIGN_IN_PROVIDERS: value });
        return 'accepted';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain('SIGN_IN_PROVIDERS');
    expect(message).not.toContain(provider.client_secret);
  });

  it.each([
    ['MESHAGENT_SECRET', 'short'],
    ['OPERATOR_TOKEN', 'short'],
    ['OPERATOR_TOKEN', `ma-${'x'.repeat(40)}`],
    ['OPERATOR_TOKEN', `${'x'.repeat(40)} y`],
    ['PUBLIC_URL', 'ftp://x'],
    ['KEY_ENCRYPTION_KEY', 'abc'],
  ])('%s is not %s', (name, value) => {
    expect(() => readAccountsApiConfig({ ...NEEDED, [name]: value })).toThrow(ConfigError);
  });
});
