export interface FailureDetails {
  /** OpenAI's `code`. */
  code?: string;
  /** OpenAI's `param`. */
  param?: string;
  headers?: Record<string, string>;
}

/** An error the provider would answer with; each provider puts it in its own shape. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure';
  constructor(
    readonly status: number,
    message: string,
    readonly details: FailureDetails = {},
  ) {
    super(message);
  }
}
