import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { InternalClient, type RunningService, drainOf } from '@llm-proxy/platform-http';
import { type Logger, NestLogger } from '@llm-proxy/platform-logging';
import type { Metrics } from '@llm-proxy/platform-telemetry';
import type { AccountsApiConfig } from './accounts-api.config.js';
import { rememberRequest } from './audit/request-context.js';
import { AccountsApiModule, type Parts } from './accounts-api.module.js';
import { measureRequests } from './http/measure-requests.js';
import { migrate, openDatabase } from './database/database.js';
import { CopyingMetrics } from './llm-loggers/copying-metrics.js';
import { followPricedUsage } from './llm-loggers/follow-priced-usage.js';
import { AuthorizationServer } from './oauth/authorization-server.js';
import { limitAnonymous } from './sign-in/limit-anonymous.js';

const BODY_LIMIT = '1mb';
/** For the request to arrive in full. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the proxies in front keep an idle connection, so that they never send into one that we are closing. */
const KEEP_ALIVE_MS = 65_000;
/** Reports over long periods take billing a while. */
const BILLING_TIMEOUT_MS = 20_000;

export interface AccountsApiOptions {
  logger: Logger;
  /** Where it counts what it is asked; nothing is measured without. */
  metrics?: Metrics | undefined;
}

/**
 * Brings the database up to date, then listens.
 * @throws when the database cannot be reached or migrated, or the port is taken; nothing is left open then
 */
export const startAccountsApi = async (config: AccountsApiConfig, { logger, metrics }: AccountsApiOptions): Promise<RunningService> => {
  const applied = await migrate(config.DATABASE_URL);
  if (applied.length > 0) logger.info({ migrations: applied }, 'database migrated');
  const database = openDatabase(config.DATABASE_URL);
  const billing = new InternalClient({ baseUrl: config.BILLING_URL, serviceCredential: config.SERVICE_CREDENTIAL, timeoutMs: BILLING_TIMEOUT_MS });
  const closeParts = async (): Promise<void> => {
    await Promise.all([database.$disconnect(), billing.close()]);
  };
  try {
    const app = await createApp({ config, logger, database, billing, watch: metrics && new CopyingMetrics(metrics) }, metrics);
    const drain = drainOf(app.getHttpServer());
    const url = await listen(app, config);
    logger.info({ url }, 'accounts-api listens');
    const following = followPricedUsage(app, config, logger);
    return { url, close: once(() => following.stop().then(() => drain.run(() => app.close())).finally(closeParts)) };
  } catch (error) {
    await closeParts();
    throw error;
  }
};

const listen = async (app: NestExpressApplication, { PORT, HOST }: AccountsApiConfig): Promise<string> => {
  try {
    await app.listen(PORT, HOST);
    return urlOf(app, HOST);
  } catch (error) {
    await app.close();
    throw error;
  }
};

/** Not listening yet. */
export const createApp = async (parts: Parts, metrics?: Metrics): Promise<NestExpressApplication> => {
  const options = { logger: new NestLogger(parts.logger), bodyParser: false, abortOnError: false };
  const app = await NestFactory.create<NestExpressApplication>(AccountsApiModule.register(parts), options);
  if (metrics) app.use(measureRequests(metrics));
  app.use(rememberRequest);
  app.use(limitAnonymous(parts.config));
  app.use(app.get(AuthorizationServer).handle);
  // A message of a feed may be any JSON value.
  app.useBodyParser('json', { limit: BODY_LIMIT, strict: false });
  app.disable('x-powered-by');
  app.disable('etag');
  const server = app.getHttpServer();
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return app;
};

const urlOf = (app: NestExpressApplication, host: string): string => {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;
};

const once = (close: () => Promise<void>): (() => Promise<void>) => {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
};
