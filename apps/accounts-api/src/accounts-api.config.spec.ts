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
