import { CONTROL_HEADER, type SimulatorControl } from './control.js';
import type { Answer, Provider, Route, SimulatedRequest } from './provider.js';
import { ProviderFailure } from './provider-failure.js';

/**
 * What the provider answers, faults and refusals included.
 * @param expectedKey null: any credential will do, and none too
 */
export const decideAnswer = (provider: Provider, request: SimulatedRequest, expectedKey: string | null): Answer => {
  try {
    checkKey(provider, request, expectedKey);
    return dictatedFault(request.control) ?? findRoute(provider, request).answer(request);
  } catch (error) {
    return failureAnswer(provider, error, request.requestId);
  }
};

/** Anything that is not a `ProviderFailure` is a fault of the simulator itself, and is said to be one. */
export const failureAnswer = (provider: Provider, error: unknown, requestId: string): Answer => {
  const failure = error instanceof ProviderFailure ? error : new ProviderFailure(500, `The simulator itself failed: ${(error as Error).message}`);
  return { status: failure.status, body: JSON.stringify(provider.errorBody(failure, requestId)), headers: failure.details.headers };
};

const checkKey = (provider: Provider, { headers, control }: SimulatedRequest, expectedKey: string | null): void => {
  const key = provider.keyIn(headers);
  if (control.echoAuthorization) throw new ProviderFailure(401, `This key is not valid: ${key ?? '(none)'}.`, { code: 'invalid_api_key' });
  if (expectedKey !== null && key !== expectedKey) throw new ProviderFailure(401, 'This key is not valid.', { code: 'invalid_api_key' });
};

const dictatedFault = (control: SimulatorControl): Answer | null => {
  if (control.status !== undefined) return dictatedError(control.status, control);
  if (control.garbage === 'json') return { status: 200, body: '{"id":"sim-garbage","usage":{"prompt_tokens":12,' };
  if (control.garbage === 'sse') return { status: 200, body: GARBAGE_STREAM, contentType: 'text/event-stream; charset=utf-8' };
  return null;
};

const GARBAGE_STREAM = 'data: {"id":"sim-garbage","choi\n\nevent: \u0000\ndata: [1,2\n\nno field here\n: comment\n\ndata: "usage"\n\ndata: {"usage":"many"}\n\n';

const dictatedError = (status: number, { error, retryAfterSeconds }: SimulatorControl): Answer => {
  const retryAfter = retryAfterSeconds ?? (status === 429 ? 1 : undefined);
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (error === undefined) throw new ProviderFailure(status, `Simulated error ${status}, asked for by the header ${CONTROL_HEADER}.`, { headers });
  if (typeof error === 'string') return { status, body: error, contentType: 'text/html; charset=utf-8', headers };
  return { status, body: JSON.stringify(error), headers };
};

const findRoute = (provider: Provider, { method, path }: SimulatedRequest): Route => {
  const candidates = provider.routes.filter((route) => (route.path.endsWith('/') ? path.startsWith(route.path) : path === route.path));
  if (candidates.length === 0) throw new ProviderFailure(404, `There is nothing at ${method} ${path}.`);
  const route = candidates.find((candidate) => candidate.method === method);
  if (!route) throw new ProviderFailure(405, `${path} does not take ${method}.`);
  return route;
};
