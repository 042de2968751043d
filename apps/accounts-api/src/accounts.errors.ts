/** Every error a caller can get: its code, its status and what it says. */
const catalogue = {
  invalid_request: [400, 'The request is not valid.'],
  invalid_token: [400, 'The participant token is not valid.'],
  message_mismatch: [400, 'The message does not fit the schema of the feed.'],
  unauthenticated: [401, 'Send a valid credential as "Authorization: Bearer …": a project API key, a participant token, an OAuth access token or the operator token.'],
  forbidden: [403, 'This credential may not do that.'],
  not_found: [404, 'There is nothing here.'],
  project_not_found: [404, 'Project not found.'],
  room_not_found: [404, 'Room not found.'],
  service_account_not_found: [404, 'Service account not found.'],
  oauth_client_not_found: [404, 'OAuth client not found.'],
  api_key_not_found: [404, 'API key not found.'],
  user_not_found: [404, 'User not found.'],
  member_not_found: [404, 'This project has no such member.'],
  room_grant_not_found: [404, 'Room grant not found.'],
  request_not_found: [404, 'The project has no such billed request. A call is billed within moments of its end; calls that cost nothing are not.'],
  feed_not_found: [404, 'Feed not found.'],
  llm_logger_not_found: [404, 'LLM logger not found.'],
  settings_not_found: [404, 'These settings are not configured.'],
  user_exists: [409, 'A user with this e-mail exists already.'],
  project_exists: [409, 'A project with this key exists already.'],
  room_exists: [409, 'A room with this name exists already.'],
  service_account_exists: [409, 'A service account with this name or key exists already.'],
  feed_exists: [409, 'A feed with this name exists already.'],
  feed_paused: [409, 'The feed is paused and takes no messages.'],
  too_many: [409, 'The project has as many of these as it may have.'],
  member_exists: [409, 'This user is a member of the project, or invited to it, already.'],
  owner_stays: [409, 'The owner of a project cannot be removed from it.'],
  no_payments: [409, 'This deployment takes no payments: projects hold no credit and are not charged. Nothing was changed.'],
  service_account_needed: [409, 'The default service account belongs to the project and cannot be deleted.'],
  too_many_attempts: [429, 'There were too many invalid credentials from your address. Wait a minute.'],
  body_too_large: [413, 'The request body is larger than 1 MiB.'],
  message_too_large: [413, 'The message is larger than this feed takes.'],
  room_disabled: [423, 'The room is disabled.'],
  internal: [500, 'Something went wrong on our side.'],
  report_failed: [502, 'The usage report failed: the billing service gave no usable answer.'],
  report_unavailable: [503, 'Usage reports are not available at the moment: the billing service does not answer. Try again shortly.'],
  unavailable: [503, 'The service cannot reach its database at the moment. Try again shortly.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type AccountsErrorCode = keyof typeof catalogue;

/** What the description of the API says of an error. */
export const publicErrorOf = (code: AccountsErrorCode): { status: number; message: string } => ({ status: catalogue[code][0], message: catalogue[code][1] });

/** Thrown anywhere below a controller; the error filter turns it into the answer. */
export class AccountsError extends Error {
  override readonly name = 'AccountsError';
  readonly status: number;

  /** @param message public, in place of the catalogue's */
  constructor(
    readonly code: AccountsErrorCode,
    message?: string,
    options?: ErrorOptions,
  ) {
    const [status, standard] = catalogue[code];
    super(message ?? standard, options);
    this.status = status;
  }
}
