/** What went wrong, in words that every provider's error shape has a name for. */
export type RefusalKind = 'invalid_request' | 'authentication' | 'permission' | 'not_found' | 'too_large' | 'quota' | 'unavailable';

/**
 * An answer of the proxy's own, in place of the provider's. A value, not an exception: agents repeat a refused call a dozen times,
 * and a stack trace for each would be most of its cost.
 */
export class Refusal {
  constructor(
    readonly status: number,
    readonly kind: RefusalKind,
    /** Stable, for programs. */
    readonly code: string,
    /** For people: what is wrong and what to do. */
    readonly message: string,
    /** The request member at fault. */
    readonly param: string | null = null,
  ) {}
}

const invalid = (code: string, message: string, param: string | null = null) => new Refusal(400, 'invalid_request', code, message, param);
const unauthorized = (code: string, message: string) => new Refusal(401, 'authentication', code, message);
const forbidden = (code: string, message: string) => new Refusal(403, 'permission', code, message);
const unavailable = (status: number, code: string, message: string) => new Refusal(status, 'unavailable', code, message);

/** The catalogue: every answer the relay gives by itself. */
export const refusals = {
  unsupportedPath: (title: string, path: string) => invalid('unsupported_path', `Unsupported ${title} API path '${path}'.`),
  unsupportedWebSocketPath: (title: string, path: string) => invalid('unsupported_path', `Unsupported ${title} websocket path '${path}'.`),
  handshakeInvalid: (why: string) => invalid('invalid_handshake', `The WebSocket handshake is not valid: ${why}.`),
  unsupportedMethod: (method: string, path: string, allowed: string) =>
    new Refusal(405, 'invalid_request', 'unsupported_method', `${method} is not supported on ${path}; use ${allowed}.`),

  credentialMissing: (acceptsApiKeyHeader: boolean) =>
    unauthorized(
      'missing_api_key',
      `No credential was sent. Send a project API key, a participant token or an OAuth access token as 'Authorization: Bearer <credential>'${acceptsApiKeyHeader ? " or 'x-api-key: <credential>'" : ''}.`,
    ),
  credentialInvalid: unauthorized('invalid_api_key', 'The credential is not valid: it is malformed, was deleted or replaced, or belongs to no project of this deployment.'),
  credentialExpired: unauthorized('expired_token', 'The participant token has expired or is not valid yet. Get a new one and try again.'),
  llmPermissionMissing: forbidden(
    'llm_permission_missing',
    "The service account of this API key may not call models. An admin of the project can give it the role 'llm_proxy_user'.",
  ),
  credentialUnknown: unauthorized('invalid_api_key', 'The credential is neither a project API key (ma-...) nor a participant token nor an OAuth access token of this deployment.'),
  accessTokenExpired: unauthorized('expired_token', 'The OAuth access token has expired. Refresh it, or sign in again, and try again.'),
  oauthProjectMissing: invalid('missing_project', "An OAuth access token belongs to no project: name one in the header 'Meshagent-Project-Id: <project id>', or in a browser's WebSocket in the subprotocol 'meshagent-project.<project id>'."),
  oauthScopeMissing: forbidden('scope_missing', "The OAuth access token lacks the scope 'llm_proxy' (or 'llm:invoke'). Sign in again with a client that asks for it."),
  oauthNotPermitted: (projectId: string) =>
    forbidden('llm_proxy_not_permitted', `This user may not use the LLM proxy in project '${projectId}'. Check the project id, or ask an admin of the project for the permission can_use_llm_proxy.`),
  roomGrantMissing: forbidden('room_grant_missing', 'The participant token has no room grant. The LLM proxy needs a token with a room grant and an LLM grant.'),
  llmGrantMissing: forbidden('llm_grant_missing', 'The participant token has no LLM grant (api.llm). The LLM proxy needs a token with a room grant and an LLM grant.'),
  roomMismatch: (room: string) => forbidden('room_mismatch', `The participant token is not for room '${room}'.`),
  roomNotFound: (room: string) => new Refusal(404, 'not_found', 'room_not_found', `Room '${room}' was not found in this project.`),
  roomDisabled: (room: string) => new Refusal(423, 'permission', 'room_disabled', `Room '${room}' is disabled.`),
  projectDisabled: new Refusal(402, 'quota', 'insufficient_quota', 'Your account is out of credits. Add credits to continue.'),
  accountsUnavailable: unavailable(503, 'accounts_unavailable', 'The credential cannot be checked right now. Try again in a moment.'),

  bodyTooLarge: (maxBytes: number) => new Refusal(413, 'too_large', 'request_too_large', `The request body is larger than ${maxBytes} bytes.`),
  bodyEncoded: (encoding: string) =>
    new Refusal(415, 'invalid_request', 'unsupported_content_encoding', `Request bodies with Content-Encoding '${encoding}' are not supported; send the body as it is.`),
  bodyIncomplete: invalid('incomplete_body', 'The request body ended before its declared length.'),
  bodyNotJson: (why: string) => invalid('invalid_json', `The request body is not a valid JSON object: ${why}.`),
  frameNotJson: (why: string) => invalid('invalid_json', `The frame is not a valid JSON object: ${why}.`),
  memberTwice: (member: string) => invalid('duplicate_member', `The request body has the member '${member}' twice.`, member),
  modelMissing: invalid('missing_model', "The request must name a model: the member 'model' is missing or not a string.", 'model'),
  bodyNotForm: (why: string) => invalid('invalid_form', `The request body is not a valid multipart form: ${why}.`),
  modelsUnreadable: invalid('invalid_request', "Every request of the batch must be an object whose 'params' name a model.", 'requests'),
  unmeterableFormat: (format: string) =>
    invalid(
      'unmeterable_format',
      `response_format '${format}' does not report what the call costs, so it cannot be used through the proxy; use 'json' or 'verbose_json'.`,
      'response_format',
    ),
  bypassesMetering: (path: string) =>
    invalid(
      'unmetered_path',
      `'${path}' would let the caller speak to the provider past the proxy, unmetered. Use the WebSocket of the realtime API through the proxy, or ask the operator to allow it.`,
    ),
  modelMissingInQuery: invalid('missing_model', "The request must name a model, once: '?model=' is missing, empty or there twice.", 'model'),
  modelNotPriced: (provider: string, model: string, tier: string | null) =>
    invalid(
      'unsupported_model',
      `The model '${model}'${tier === null ? '' : ` with service tier '${tier}'`} has no ${provider} price in this deployment, so it cannot be used through the proxy.`,
      'model',
    ),
  modelNotGranted: (model: string) =>
    invalid('model_not_allowed', `The model '${model}' is not allowed by the participant token (grant api.llm.models).`, 'model'),

  batchNotFound: (id: string) => new Refusal(404, 'not_found', 'batch_not_found', `Batch '${id}' was not found: it is no batch that this project created through the proxy.`),
  batchNotSettled: (id: string) =>
    unavailable(503, 'batch_not_billed', `What batch '${id}' cost could not be read yet, so it is not deleted. Try again in a moment.`),
  batchesUnavailable: unavailable(503, 'batches_unavailable', 'Batches cannot be looked up right now. Try again in a moment.'),
  batchesNotConfigured: unavailable(503, 'batches_not_configured', 'Batches need the setting DATABASE_URL at the gateway, so that they are remembered and billed.'),

  modelNotInPolicy: (model: string) =>
    invalid('model_not_allowed', `The model '${model}' is not allowed in this project (settings document 'router', allowedModels). Use another model, or ask an admin of the project.`, 'model'),
  clientNotAllowed: (client: string | null) =>
    invalid(
      'client_not_allowed',
      `${client === null ? 'A program that sends no User-Agent' : `The program '${client}'`} is not allowed in this project (settings document 'router', apps). Ask an admin of the project.`,
    ),

  providerAddressForbidden: (title: string) =>
    invalid('provider_address_forbidden', `The base URL of this project's ${title} integration (Integrations) leads to an address that this deployment does not allow.`),
  providerNotConfigured: (title: string) =>
    unavailable(503, 'provider_not_configured', `No ${title} key is configured: neither for this project (Integrations) nor for the deployment.`),
  providerUnreachable: (title: string) => unavailable(502, 'provider_unreachable', `${title} could not be reached. Try again in a moment.`),
  providerTimeout: (title: string) => unavailable(504, 'provider_timeout', `${title} did not answer in time.`),
  providerErrorUnreadable: (title: string, status: number) =>
    unavailable(status, 'provider_error_unreadable', `${title} answered with status ${status} and an error that could not be checked for credentials, so it is not shown.`),
  usageNotRecordable: unavailable(503, 'usage_not_recordable', 'Usage cannot be recorded right now, so no call is forwarded. Try again in a moment.'),
  shuttingDown: unavailable(503, 'shutting_down', 'This server is shutting down. Try again in a moment.'),
  internal: unavailable(500, 'internal_error', 'The proxy failed to handle this request.'),
} as const;
