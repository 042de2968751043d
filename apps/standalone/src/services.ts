import path from 'node:path';
import { bootstrap, issueApiKey, readAccountsApiConfig, startAccountsApi } from '@llm-proxy/accounts-api';
import { readBillingConfig, startBilling } from '@llm-proxy/billing';
import { readGatewayConfig, startGateway, startGatewayWorkers } from '@llm-proxy/gateway';
import { readMeteringConfig, startMetering } from '@llm-proxy/metering';
import { createLogger } from '@llm-proxy/platform-logging';
import { metricsFor, showMetrics } from '@llm-proxy/platform-telemetry';
import { readKeptApiKey } from './client-files.js';
import type { Secrets } from './secrets.js';
import { type StandaloneConfig, serviceEnvironment } from './standalone.config.js';

/** Something that was started; closed in reverse order. */
export interface Closable {
  name: string;
  close(): Promise<void>;
}

export interface ServicesOptions {
  config: StandaloneConfig;
  secrets: Secrets;
  databaseUrl: string;
  publicUrl: string;
  /** Base URLs and keys of the simulator, when it stands in for the providers. */
  simulated: Record<string, string>;
  /** Told of each service as it starts, so that a failed start can be undone. */
  onStarted: (service: Closable) => void;
}

export interface FirstProject {
  projectId: string;
  adminEmail: string;
  room: string;
  apiKey: string;
}

/** Starts the four services: three on loopback ports of their own, and the gateway on the public one. */
export const startServices = async (options: ServicesOptions): Promise<FirstProject> => {
  const { config, databaseUrl, secrets } = options;
  const inside = serviceEnvironment({ ...secrets, DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0' });
  // What the operator allows wins over what the simulator needs.
  const allowed = inside['ALLOW_PRIVATE_UPSTREAMS'];
  const simulated = { ...options.simulated, ...(allowed && { ALLOW_PRIVATE_UPSTREAMS: allowed }) };
  const metrics = metricsFor(config);
  const logger = (service: string) => ({ logger: createLogger(service, config.LOG_LEVEL), metrics });
  const started = <Service extends { close(): Promise<void> }>(name: string, service: Service): Service => {
    options.onStarted({ name, close: () => service.close() });
    return service;
  };

  const first = await firstProject(inside, config.DATA_DIR, secrets.ADMIN_PASSWORD);
  const [billing] = await allOrNothing([
    startBilling(readBillingConfig(inside), logger('billing')).then((service) => started('billing', service)),
    startMetering(readMeteringConfig(inside), logger('metering')).then((service) => started('metering', service)),
  ]);
  const accounts = await startAccountsApi(readAccountsApiConfig({ ...inside, ...simulated, BILLING_URL: billing.url, PUBLIC_URL: options.publicUrl }), logger('accounts-api'));
  started('accounts-api', accounts);

  const outside = {
    ...inside,
    ...simulated,
    PORT: String(config.PORT),
    HOST: config.HOST,
    ACCOUNTS_API_URL: accounts.url,
    SPOOL_DIR: path.join(config.DATA_DIR, 'spool'),
    DRAIN_TIMEOUT_MS: String(config.DRAIN_TIMEOUT_MS),
  };
  if (config.GATEWAY_WORKERS === 1) started('gateway', await startGateway(readGatewayConfig(outside), logger('gateway')));
  else {
    const drainTimeoutMs = config.DRAIN_TIMEOUT_MS;
    started('gateway', await startGatewayWorkers({ count: config.GATEWAY_WORKERS, env: outside, drainTimeoutMs, ...logger('gateway') }));
  }
  const operations = await showMetrics(config, metrics, createLogger('standalone', config.LOG_LEVEL));
  if (operations !== null) started('operations', operations);
  return first;
};

/** Waits for both also when one fails: what is still starting could not be stopped. */
const allOrNothing = async <A, B>(starting: [Promise<A>, Promise<B>]): Promise<[A, B]> => {
  await Promise.allSettled(starting);
  return Promise.all(starting);
};

const ADMIN_EMAIL = 'admin@localhost';

/** The first user, project, room and key: made once, remembered in `<data>/env`, and given a new key when that file is lost. */
const firstProject = async (env: Record<string, string>, dataDir: string, userPassword: string): Promise<FirstProject> => {
  const config = readAccountsApiConfig({ ...env, BILLING_URL: 'http://127.0.0.1:1' });
  const made = await bootstrap({ config, projectName: 'My project', roomName: 'my-room', userEmail: ADMIN_EMAIL, userPassword });
  const { projectId, room } = made;
  const apiKey = made.apiKey ?? (await readKeptApiKey(dataDir, projectId)) ?? (await issueApiKey({ config, projectId, name: 'local client' }));
  return { projectId, adminEmail: ADMIN_EMAIL, room, apiKey };
};
