import { Pool } from 'undici';

/** Another service answered with an error status, or not at all. */
export class InternalCallError extends Error {
  override readonly name = 'InternalCallError';
  constructor(
    readonly path: string,
    /** Status of the answer; null when there was none. */
    readonly status: number | null,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface InternalClientOptions {
  /** Base URL of the service, e.g. `http://accounts-api:8081`. */
  baseUrl: string;
  serviceCredential: string;
  /** For the whole call. @default 5000 */
  timeoutMs?: number;
}

/** Calls another service's `/internal` routes with the deployment's service credential. JSON in, JSON out. */
export class InternalClient {
  private readonly pool: Pool;
  private readonly timeoutMs: number;
  private readonly headers: Record<string, string>;

  constructor(options: InternalClientOptions) {
    this.timeoutMs = options.timeoutMs ?? 5_000;
    this.pool = new Pool(options.baseUrl, { connections: 16, headersTimeout: this.timeoutMs, bodyTimeout: this.timeoutMs, connect: { timeout: this.timeoutMs } });
    this.headers = { authorization: `Bearer ${options.serviceCredential}`, 'content-type': 'application/json' };
  }

  /** @throws InternalCallError on any answer but 2xx, and when none comes in time; `signal` ends the call earlier */
  async call<Answer>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.timeoutMs);
    const answer = await this.send(method, path, body, signal ? AbortSignal.any([signal, timeout]) : timeout);
    if (answer.status >= 200 && answer.status < 300) return answer.text === '' ? (undefined as Answer) : (JSON.parse(answer.text) as Answer);
    throw new InternalCallError(path, answer.status, `${method} ${path} answered ${answer.status}`);
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body: unknown, signal: AbortSignal) {
    try {
      const response = await this.pool.request({ method, path, headers: this.headers, body: body === undefined ? null : JSON.stringify(body), signal });
      return { status: response.statusCode, text: await response.body.text() };
    } catch (error) {
      throw new InternalCallError(path, null, `${method} ${path} got no answer: ${(error as Error).message}`, { cause: error });
    }
  }
}
