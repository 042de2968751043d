export { startBilling } from './billing.js';
export { billingConfigSchema, readBillingConfig, type BillingConfig } from './billing.config.js';
