export { startAccountsApi } from './accounts-api.js';
export { accountsApiConfigSchema, readAccountsApiConfig } from './accounts-api.config.js';
export type { AccountsApiConfig } from './accounts-api.config.js';
export { newPassword } from './sign-in/password.js';
export { bootstrap, issueApiKey } from './bootstrap/bootstrap.js';
export type { Bootstrapped, BootstrapOptions } from './bootstrap/bootstrap.js';
