import { readGatewayConfig, startGateway } from '@llm-proxy/gateway';
import { createLogger } from '@llm-proxy/platform-logging';
import { answerParent } from '../processes/answer-parent.mjs';

/** @type {{ url: string, close(): Promise<void> }} */
let gateway;

answerParent({
  /** Settings are the gateway's own environment variables. */
  start: async (environment) => {
    gateway = await startGateway(readGatewayConfig(environment), { logger: createLogger('gateway', 'warn') });
    return { url: gateway.url };
  },
  stop: () => gateway.close(),
});
