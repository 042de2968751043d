export { gatewayConfigSchema, readGatewayConfig, workerCount, type GatewayConfig } from './gateway.config.js';
export { startGateway, type GatewayOptions } from './gateway.js';
export { startGatewayWorkers, type GatewayWorkers } from './workers.js';
