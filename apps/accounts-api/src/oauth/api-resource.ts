/** The one resource that access tokens are for: the API of the deployment, gateway included. */
export const apiAudienceOf = (issuer: string): string => `${issuer}/api`;

/** Access tokens live that long; a client refreshes some minutes earlier. */
export const ACCESS_TOKEN_SECONDS = 3_600;
