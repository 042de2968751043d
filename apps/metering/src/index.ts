export { startMetering } from './metering.js';
export { meteringConfigSchema, readMeteringConfig, type MeteringConfig } from './metering.config.js';
