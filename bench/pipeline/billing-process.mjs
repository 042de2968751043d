import { readBillingConfig, startBilling } from '@llm-proxy/billing';
import { createLogger } from '@llm-proxy/platform-logging';
import { answerParent } from '../processes/answer-parent.mjs';

/** @type {{ close(): Promise<void> }} */
let billing;

answerParent({
  /** Settings are billing's own environment variables. */
  start: async (environment) => {
    billing = await startBilling(readBillingConfig(environment), { logger: createLogger('billing', 'warn') });
  },
  stop: () => billing.close(),
});
