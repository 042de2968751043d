import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@llm-proxy/platform-logging';
import { v7 as uuidv7 } from 'uuid';
import { type AdmissionDeps, admit } from '../admission/admit.js';
import type { Caller } from '../credentials/caller.js';
import type { Callers } from '../credentials/callers.js';
import { type PolicyCache, PolicyUnavailableError } from '../credentials/policy-cache.js';
import type { Provider } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import { type CallEnd, isBillable, toUsageEvent } from '../usage/usage-event.js';
import type { UsagePublisher } from '../usage/usage-publisher.js';
import type { Call } from './call.js';
import { type ForwardDeps, forward } from './forward.js';
import { readBody } from './read-body.js';
import { refuse } from './refuse.js';
import { readRequestFacts, withoutFacts } from './request-facts.js';
import { type RequestHead, readRequestHead } from './request-head.js';
import { type Route, createRouter } from './route.js';
import type { Upstreams } from './upstreams.js';

export interface RelayDeps {
  providers: readonly Provider[];
  callers: Callers;
  policies: PolicyCache;
  admission: AdmissionDeps;
  upstreams: Upstreams;
  usage: UsagePublisher;
  maxBodyBytes: number;
  afterDisconnect: { maxMs: number; maxBytes: number };
  logger: Logger;
}

/** The hot path. One instance a process; `handle` is called for every request and says whether it was the relay's. */
export class Relay {
  private readonly findRoute: ReturnType<typeof createRouter>;
  private readonly forwarding: ForwardDeps;
  private readonly idleWaiters: (() => void)[] = [];
  private underWay = 0;
  private closing = false;

  constructor(private readonly deps: RelayDeps) {
    this.findRoute = createRouter(deps.providers);
    this.forwarding = { afterDisconnect: deps.afterDisconnect, onEnd: (call, end) => this.onEnd(call, end) };
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const route = this.findRoute(request.method!, request.url!);
    if (route === null) return false;
    const id = uuidv7();
    response.on('error', () => undefined);
    this.underWay++;
    this.process(id, route, request, response).then(
      (refusal) => this.settle(id, route, response, refusal),
      (error: unknown) => {
        this.deps.logger.error({ err: error, requestId: id }, 'relay failed');
        this.settle(id, route, response, refusals.internal);
      },
    );
    return true;
  }

  /** The life of a request, top to bottom. Null: it was forwarded, and `onEnd` will tell how it ended. */
  private async process(id: string, route: Route, request: IncomingMessage, response: ServerResponse): Promise<Refusal | null> {
    const { endpoint, provider } = route;
    const startedAtMs = Date.now();
    const startedTick = performance.now();
    if (this.closing) return refusals.shuttingDown;
    const head = readRequestHead(request.rawHeaders);
    const caller = await this.identify(provider, head);
    if (caller instanceof Refusal) return caller;
    if (endpoint === null) return pathRefusal(request.method!, route);
    const room = await this.roomOf(route, caller);
    if (room instanceof Refusal) return room;
    const body = await readBody(request, head, this.deps.maxBodyBytes);
    if (body instanceof Refusal) return body;
    const facts = endpoint.namesModel ? readRequestFacts(body, endpoint) : withoutFacts(body);
    if (facts instanceof Refusal) return facts;
    const refusal = admit(this.deps.admission, { caller, provider, endpoint, model: facts.model, serviceTier: facts.serviceTier });
    if (refusal !== null) return refusal;
    const upstream = this.deps.upstreams.for(provider, caller.project);
    if (upstream instanceof Refusal) return upstream;
    forward(this.forwarding, { id, method: request.method!, route, endpoint, head, caller, room, facts, upstream, response, startedAtMs, startedTick });
    return null;
  }

  private async identify(provider: Provider, head: RequestHead): Promise<Caller | Refusal> {
    const credential = head.bearer ?? (provider.acceptsApiKeyHeader ? head.apiKeyHeader : null);
    if (credential === null || credential === '') return refusals.credentialMissing(provider.acceptsApiKeyHeader);
    return this.deps.callers.known(credential, head.projectId) ?? (await this.deps.callers.identify(credential, head.projectId));
  }

  /** The room the call is for: it must exist, be enabled, and be the one of the caller's token. */
  private async roomOf(route: Route, caller: Caller): Promise<string | null | Refusal> {
    const name = route.room ?? caller.roomGrant;
    if (name === null) return null;
    if (caller.roomGrant !== null && caller.roomGrant !== name) return refusals.roomMismatch(name);
    try {
      const known = caller.project.rooms.get(name);
      const room = known === undefined ? await this.deps.policies.loadRoom(caller.project, name) : known.room;
      if (room === null) return refusals.roomNotFound(name);
      return room.enabled ? room.name : refusals.roomDisabled(name);
    } catch (error) {
      if (error instanceof PolicyUnavailableError) return refusals.accountsUnavailable;
      throw error;
    }
  }

  private onEnd(call: Call, end: CallEnd): void {
    if (isBillable(call, end)) this.deps.usage.emit(toUsageEvent(call, end, Date.now()));
    this.release();
  }

  private settle(id: string, route: Route, response: ServerResponse, refusal: Refusal | null): void {
    if (refusal === null) return;
    refuse(response, route.provider, refusal, id, route.allowedMethods ?? undefined);
    this.release();
  }

  private release(): void {
    this.underWay--;
    if (this.underWay === 0) for (const wake of this.idleWaiters.splice(0)) wake();
  }

  /** Refuses new calls and waits for those under way, up to a deadline. */
  async drain(deadlineMs: number): Promise<void> {
    this.closing = true;
    if (this.underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.idleWaiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

const pathRefusal = (method: string, route: Route): Refusal =>
  route.allowedMethods === null
    ? refusals.unsupportedPath(route.provider.title, route.path)
    : refusals.unsupportedMethod(method, route.path, route.allowedMethods);
