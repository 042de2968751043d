import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { RunningService } from '@llm-proxy/platform-http';
import { type Logger, NestLogger } from '@llm-proxy/platform-logging';
import type { Metrics } from '@llm-proxy/platform-telemetry';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type GatewayParts, buildParts } from './gateway-parts.js';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { RelayHttpAdapter } from './relay-http.adapter.js';
import { accountsApiProxy } from './upstream-services/service-proxy.js';

export interface GatewayOptions {
  logger: Logger;
  /** Number of this worker on its machine. @default 0 */
  slot?: number;
  /** Workers on that machine. @default 1 */
  slots?: number;
  /** Where it counts what it does; nothing is measured without. */
  metrics?: Metrics | undefined;
}

/** Starts one gateway process. It serves while accounts-api and the stream are away, as far as that goes. */
export const startGateway = async (config: GatewayConfig, options: GatewayOptions): Promise<RunningService> => {
  const { logger } = options;
  const parts = await buildParts(config, { logger, slot: options.slot ?? 0, slots: options.slots ?? 1, metrics: options.metrics });
  const adapter = new RelayHttpAdapter((request, response) => parts.relay.handle(request, response), parts.tunnels);
  const app = await NestFactory.create<NestExpressApplication>(GatewayModule.with(parts), adapter, { bodyParser: false, logger: new NestLogger(logger) });
  app.disable('x-powered-by');
  app.use(accountsApiProxy(config.ACCOUNTS_API_URL, logger));
  parts.policies.start();
  parts.batches?.lookout.start();
  const server: Server = await app.listen(config.PORT, config.HOST);
  const url = `http://${config.HOST === '0.0.0.0' ? '127.0.0.1' : config.HOST}:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;
  return { url, close: () => (closed ??= stop(server, () => app.close(), parts, config.DRAIN_TIMEOUT_MS)) };
};

/** In this order nothing is lost: no new calls, the answers under way, their events, and only then the connections. */
const stop = async (server: Server, closeApp: () => Promise<void>, parts: GatewayParts, drainMs: number): Promise<void> => {
  server.close();
  server.closeIdleConnections();
  await Promise.all([parts.relay.drain(drainMs), parts.tunnels.drain(drainMs)]);
  await parts.batches?.lookout.close();
  await parts.upstreams.close();
  await parts.usage.close();
  await parts.batches?.store.close();
  await parts.stream.close();
  await parts.keyUse.stop();
  await parts.policies.stop();
  await parts.tracing?.close();
  server.closeAllConnections();
  await closeApp();
};
