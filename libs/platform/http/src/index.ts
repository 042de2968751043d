export { drainOf, type Drain } from './drain-server.js';
export type { RunningService } from './running-service.js';
export { InternalCallError, InternalClient, type InternalClientOptions } from './internal-client.js';
export { SERVICE_CREDENTIAL, ServiceCredentialGuard } from './service-credential.guard.js';
export { HealthModule, type ReadinessCheck } from './health.js';
export { isAllowedHost, isPublicAddress, lookupPublic, PrivateAddressError, problemOfForeignUrl } from './public-address.js';
