import { randomUUIDv7 } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@llm-proxy/platform-logging';
import type { PriceRules } from '@llm-proxy/pricing';
import type { Attribution } from '@llm-proxy/usage-schema';
import { type AdmissionDeps, admit } from '../admission/admit.js';
import { visibleModels } from '../admission/model-policy.js';
import type { BatchDesk } from '../batches/batch-desk.js';
import type { Caller } from '../credentials/caller.js';
import type { Endpoint, Provider } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import { type CallEnd, attributionOf, isBillable, toUsageEvent } from '../usage/usage-event.js';
import type { UsagePublisher } from '../usage/usage-publisher.js';
import type { Call } from './call.js';
import { type CallerDeps, identify, roomOf } from './caller-and-room.js';
import { costFields } from './cost-fields.js';
import { type ForwardDeps, forward } from './forward.js';
import { type Arrival, OTHER_PATHS, type RelayObserver } from './observer.js';
import { readRequest } from './read-body.js';
import { refuse } from './refuse.js';
import type { RequestFacts } from './request-facts.js';
import { readRequestHead } from './request-head.js';
import { REQUEST_ID_HEADER } from './response-head.js';
import { type Route, createRouter } from './route.js';
import type { Upstream, Upstreams } from './upstreams.js';
import { EditingTap } from './usage-tap.js';
import { onlyVisibleModels } from './visible-models.js';

export interface RelayDeps extends CallerDeps {
  providers: readonly Provider[];
  admission: AdmissionDeps;
  upstreams: Upstreams;
  usage: Pick<UsagePublisher, 'emit'>;
  /** As metering has them; for callers who ask what a call costs. */
  priceRules: PriceRules;
  /** Null: there is no database to remember batches in. */
  batches: BatchDesk | null;
  maxBodyBytes: number;
  afterDisconnect: { maxMs: number; maxBytes: number };
  logger: Logger;
  /** Nothing is watched without one. */
  observer?: RelayObserver | undefined;
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
    this.forwarding = {
      afterDisconnect: deps.afterDisconnect,
      onEnd: (call, end) => this.onEnd(call, end),
      costOf: (call, end) => costFields(toUsageEvent(call, end), deps.priceRules),
      observer: deps.observer,
    };
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const route = this.findRoute(request.method!, request.url!);
    if (route === null) return false;
    const id = randomUUIDv7();
    response.on('error', () => undefined);
    if (route.isProbe) {
      response.writeHead(200, { [REQUEST_ID_HEADER]: id }).end();
      return true;
    }
    this.underWay++;
    const arrival: Arrival = { caller: null, model: null, startedAtMs: Date.now(), startedTick: performance.now() };
    this.process(id, route, request, response, arrival)
      .catch((error: unknown) => {
        this.deps.logger.error({ err: error, requestId: id }, 'relay failed');
        return refusals.internal;
      })
      .then((refusal) => {
        if (refusal === null) return;
        this.settle(route, response, refusal, id);
        this.deps.observer?.refused({ ...arrival, id, request, provider: route.provider, endpoint: route.endpoint?.path ?? OTHER_PATHS, refusal });
      })
      // Whoever watches must not be able to end the process.
      .catch((error: unknown) => this.deps.logger.error({ err: error, requestId: id }, 'a refusal was not observed'));
    return true;
  }

  /** The life of a request, top to bottom. Null: it was forwarded, and `onEnd` will tell how it ended. */
  private async process(id: string, route: Route, request: IncomingMessage, response: ServerResponse, arrival: Arrival): Promise<Refusal | null> {
    const { endpoint, provider } = route;
    const { startedAtMs, startedTick } = arrival;
    if (this.closing) return refusals.shuttingDown;
    const head = readRequestHead(request.rawHeaders);
    const caller = await identify(this.deps, provider, head);
    if (caller instanceof Refusal) return caller;
    arrival.caller = caller;
    if (endpoint === null) return pathRefusal(request.method!, route);
    const room = await roomOf(this.deps, route, caller);
    if (room instanceof Refusal) return room;
    const facts = await readRequest(request, head, endpoint, this.deps.maxBodyBytes);
    if (facts instanceof Refusal) return facts;
    arrival.model = facts.model;
    const upstream = this.admittedUpstream(caller, route, endpoint, facts, head.client);
    if (upstream instanceof Refusal) {
      if (!Buffer.isBuffer(facts.body)) facts.body.destroy();
      return upstream;
    }
    const isPlain = endpoint.models === undefined && endpoint.batch === undefined;
    const specialTap = isPlain ? null : await this.specialTapOf(caller, route, endpoint, facts, upstream, attributionOf(caller, room, head));
    if (specialTap instanceof Refusal) return specialTap;
    forward(this.forwarding, { id, method: endpoint.method, route, endpoint, head, caller, room, facts, upstream, specialTap, response, startedAtMs, startedTick });
    return null;
  }

  private admittedUpstream(caller: Caller, { provider, path }: Route, endpoint: Endpoint, facts: RequestFacts, client: string | null): Upstream | Refusal {
    const { model, models, serviceTier } = facts;
    const refusal = admit(this.deps.admission, { caller, provider, endpoint, model, models, serviceTier, path, client });
    return refusal ?? this.deps.upstreams.for(provider, caller.project);
  }

  /** For the few answers that are not merely passed on. */
  private async specialTapOf(caller: Caller, { provider, path, query }: Route, endpoint: Endpoint, { models }: RequestFacts, upstream: Upstream, attribution: Attribution) {
    const isVisible = endpoint.models === 'list' ? visibleModels(caller, provider.name) : null;
    const edit = endpoint.editAnswer?.(query) ?? null;
    if (isVisible !== null) return new EditingTap((body) => (edit ?? unchanged)(onlyVisibleModels(body, isVisible)), 'always');
    if (edit !== null) return new EditingTap(edit, 'if plain');
    if (endpoint.batch === undefined) return null;
    if (this.deps.batches === null) return refusals.batchesNotConfigured;
    return this.deps.batches.admit({ provider, endpoint, path, models, upstream, attribution });
  }

  private onEnd(call: Call, end: CallEnd): void {
    if (isBillable(call, end)) this.deps.usage.emit(toUsageEvent(call, end));
    this.release();
  }

  private settle(route: Route, response: ServerResponse, refusal: Refusal, id: string): void {
    refuse(response, route.provider, refusal, id, route.allowedMethods ?? undefined);
    this.release();
  }

  private release(): void {
    this.underWay--;
    if (this.underWay === 0) for (const wake of this.idleWaiters.splice(0)) wake();
  }

  /** Calls that were begun and are not over. */
  get inFlight(): number {
    return this.underWay;
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

const unchanged = (body: Buffer): Buffer => body;

const pathRefusal = (method: string, route: Route): Refusal =>
  route.allowedMethods === null
    ? refusals.unsupportedPath(route.provider.title, route.path)
    : refusals.unsupportedMethod(method, route.path, route.allowedMethods);
