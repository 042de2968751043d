/** Injection token of the service's logger. */
export const APP_LOGGER = Symbol('APP_LOGGER');
