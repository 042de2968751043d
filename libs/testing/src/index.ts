export {
  describeWith,
  engines,
  freePort,
  reportCouldNotRun,
  startOwnKafka,
  startOwnPostgres,
  startOwnRedis,
  type EngineName,
  type OwnKafka,
  type OwnPostgres,
  type OwnRedis,
  type TestDatabase,
} from './engines/index.js';
export { simulatorHeaders, type SimulatorControl } from './simulator/control.js';
export { UNKNOWN_MODEL } from './simulator/provider.js';
export type { RecordedFrame, RecordedSocket } from './simulator/sockets/recorded-sockets.js';
export type { RecordedRequest } from './simulator/recorded-requests.js';
export { SIMULATOR_LABEL, startProviderSimulator, type ProviderSimulator, type ProviderSimulatorOptions } from './simulator/server.js';
export { createBrowser } from './browser/browser.js';
export type { Browser, BrowserPage } from './browser/browser.js';
export { attributionTo, lineItemOf, pricedUsageOf, usageEventOf, type PricedUsageOptions, type UsageEventOptions } from './builders/usage-events.js';
