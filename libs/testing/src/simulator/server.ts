import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropic } from './anthropic/anthropic.js';
import { CONTROL_HEADER, readControl, type SimulatorControl } from './control.js';
import { decideAnswer, failureAnswer } from './decide-answer.js';
import { formFields } from './form-fields.js';
import { newId } from './identifiers.js';
import { openAi } from './openai/openai.js';
import type { Answer, Provider } from './provider.js';
import { ProviderFailure } from './provider-failure.js';
import { parseBody, readBody } from './read-request.js';
import { createRecorder, type RecordedRequest, type RequestRecorder } from './recorded-requests.js';
import { sendAnswer } from './send-answer.js';
import { createSocketRecorder, type RecordedSocket } from './sockets/recorded-sockets.js';
import { serveSockets, type SocketServer } from './sockets/socket-server.js';

/** On every answer, so that nobody takes it for a provider's. */
export const SIMULATOR_LABEL = 'x-llm-proxy-simulator';

export interface ProviderSimulatorOptions {
  /** @default 0, any free port */
  port?: number;
  /** @default 127.0.0.1 */
  host?: string;
  /** The only keys that are taken. A provider without one takes any credential, and none. */
  apiKeys?: { openai?: string; anthropic?: string };
  /** Requests kept for inspection; 0 keeps none, for benchmarks. @default 200 */
  recordedRequests?: number;
}

export interface ProviderSimulator {
  /** Without a trailing slash. */
  url: string;
  /** For the OpenAI SDK's `baseURL`; ends in `/v1`. */
  openAiBaseUrl: string;
  /** For the Anthropic SDK's `baseURL`, which appends `/v1/…` itself. */
  anthropicBaseUrl: string;
  /** What arrived, oldest first; live and bounded. */
  requests: readonly RecordedRequest[];
  /** WebSockets that were opened, with their frames, oldest first; live and bounded. */
  sockets: readonly RecordedSocket[];
  /** Forgets the recorded requests and sockets. */
  reset(): void;
  /** Ends open connections and delays too. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server that answers like OpenAI and Anthropic, with made-up text and usage.
 * @throws when the port is taken
 */
export const startProviderSimulator = async (options: ProviderSimulatorOptions = {}): Promise<ProviderSimulator> => {
  const host = options.host ?? '127.0.0.1';
  const recorder = createRecorder(options.recordedRequests ?? 200);
  const socketRecorder = createSocketRecorder();
  const server = createServer((request, response) => {
    // A caller that goes away in mid-request is the only way for this to fail, and nobody is left to tell.
    handle(request, response, recorder, options.apiKeys ?? {}).catch(() => response.destroy());
  });
  // Longer than clients keep their idle connections, so that none is closed under a request.
  server.keepAliveTimeout = 120_000;
  const socketServer = serveSockets(server, socketRecorder, options.apiKeys?.openai ?? null);
  await listen(server, options.port ?? 0, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  const reset = (): void => {
    recorder.reset();
    socketRecorder.reset();
  };
  const { requests } = recorder;
  return { url, openAiBaseUrl: `${url}/v1`, anthropicBaseUrl: url, requests, sockets: socketRecorder.sockets, reset, close: () => close(server, socketServer) };
};

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

const close = async (server: Server, sockets: SocketServer): Promise<void> => {
  if (!server.listening) return;
  sockets.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
};

const handle = async (request: IncomingMessage, response: ServerResponse, recorder: RequestRecorder, apiKeys: Record<string, string | undefined>): Promise<void> => {
  const { path, provider } = addressee(request);
  const requestId = newId('req_');
  const body = await readBody(request);
  const recorded = record(recorder, request, response, provider, body);
  const { answer, control } = answerTo(request, provider, path, body, requestId, apiKeys[provider.name] ?? null);
  const headers = { ...provider.headersOf(requestId), ...control.headers, [SIMULATOR_LABEL]: 'true' };
  if (await sendAnswer(response, answer, headers, control)) recorded.outcome = 'cut';
};

/** Both providers have `/v1/models`: Anthropic's callers show themselves by their headers. */
const addressee = ({ url = '/', headers }: IncomingMessage): { path: string; provider: Provider } => {
  const path = url.split('?', 1)[0]!;
  const isAnthropic = path.startsWith('/v1/messages') || 'anthropic-version' in headers || 'x-api-key' in headers;
  return { path, provider: isAnthropic ? anthropic : openAi };
};

const answerTo = (
  request: IncomingMessage,
  provider: Provider,
  path: string,
  body: Buffer | null,
  requestId: string,
  expectedKey: string | null,
): { answer: Answer; control: SimulatorControl } => {
  try {
    if (body === null) throw new ProviderFailure(413, 'The request body is too large.');
    const { method = 'GET', headers } = request;
    const control = readControl(headers[CONTROL_HEADER]);
    const contentType = headers['content-type'] ?? '';
    const json = body.length === 0 ? null : contentType.startsWith('multipart/') ? formFields(contentType, body) : parseBody(body);
    return { answer: decideAnswer(provider, { method, path, headers, json, control, requestId }, expectedKey), control };
  } catch (error) {
    return { answer: failureAnswer(provider, error, requestId), control: {} };
  }
};

const record = (recorder: RequestRecorder, request: IncomingMessage, response: ServerResponse, provider: Provider, body: Buffer | null): RecordedRequest => {
  const { method = 'GET', url = '/', headers } = request;
  const recorded: RecordedRequest = { provider: provider.name, method, url, headers, body: body ?? Buffer.alloc(0), outcome: 'pending' };
  recorder.add(recorded);
  response.once('close', () => {
    if (recorded.outcome === 'pending') recorded.outcome = response.writableFinished ? 'answered' : 'client-gone';
  });
  return recorded;
};
