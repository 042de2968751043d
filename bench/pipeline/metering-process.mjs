import { readMeteringConfig, startMetering } from '@llm-proxy/metering';
import { createLogger } from '@llm-proxy/platform-logging';
import { answerParent } from '../processes/answer-parent.mjs';

/** @type {{ close(): Promise<void> }} */
let metering;

answerParent({
  /** Settings are metering's own environment variables. */
  start: async (environment) => {
    metering = await startMetering(readMeteringConfig(environment), { logger: createLogger('metering', 'warn') });
  },
  stop: () => metering.close(),
});
