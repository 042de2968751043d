import { randomUUIDv7 } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@llm-proxy/platform-logging';
import { type AdmissionDeps, admit } from '../admission/admit.js';
import type { Asked, HeardUsage, Provider } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import { type CallerDeps, identify, roomOf } from '../relay/caller-and-room.js';
import { type Arrival, type ArrivedRequest, OTHER_PATHS, type RelayObserver } from '../relay/observer.js';
import { refuse } from '../relay/refuse.js';
import { type Route, createRouter } from '../relay/route.js';
import type { Upstream, Upstreams } from '../relay/upstreams.js';
import { type Outcome, toUsageEvent } from '../usage/usage-event.js';
import type { UsagePublisher } from '../usage/usage-publisher.js';
import { createAcceptor, passOn, readRejection, responseOn } from './answer-upgrade.js';
import { type UpstreamAnswer, connectUpstream } from './connect-upstream.js';
import { isWebSocketRequest, readHandshake } from './handshake.js';
import { KEEP_ALIVE_PROBE_MS, type SocketLimits } from './socket-limits.js';
import { type Session, Tunnel, type TunnelDeps, type TunnelEnd } from './tunnel.js';
import type { TurnTimings } from './turns.js';

export interface TunnelsDeps extends CallerDeps {
  providers: readonly Provider[];
  admission: AdmissionDeps;
  upstreams: Upstreams;
  usage: Pick<UsagePublisher, 'emit'>;
  limits: SocketLimits;
  afterDisconnect: { maxMs: number; maxBytes: number };
  logger: Logger;
  /** Nothing is watched without one. */
  observer?: RelayObserver | undefined;
}

interface Upgrade {
  id: string;
  route: Route;
  request: IncomingMessage;
  socket: Socket;
  head: Buffer;
  clientGone: AbortSignal;
  arrival: Arrival;
}

/** How a handshake ended that opened no tunnel and was not refused here. */
interface NotOpened {
  /** The provider's; 0: the client has gone. */
  status: number;
  outcome: Outcome;
}

const CLIENT_LEFT: NotOpened = { status: 0, outcome: 'client_disconnected' };

/** Status of a turn's event: that of the handshake, since frames have none. */
const SWITCHING_PROTOCOLS = 101;
/** For both sides to answer the close frame when time is up. */
const LAST_WORD_MS = 1_000;

/** The WebSocket side of the relay. One instance a process. */
export class Tunnels {
  private readonly findRoute: ReturnType<typeof createRouter>;
  private readonly accept: ReturnType<typeof createAcceptor>;
  private readonly tunnelDeps: TunnelDeps;
  private readonly open = new Set<Tunnel>();
  private readonly ofSession = new WeakMap<Session, Tunnel>();
  private readonly idleWaiters: (() => void)[] = [];
  private underWay = 0;
  private closing = false;

  constructor(private readonly deps: TunnelsDeps) {
    this.findRoute = createRouter(deps.providers);
    this.accept = createAcceptor(deps.limits);
    this.tunnelDeps = {
      check: (session, asked) => this.check(session, asked),
      onUsage: (session, usage, timings, outcome) => this.onUsage(session, usage, timings, outcome),
      onEnd: (session, end) => this.onEnd(session, end),
      afterDisconnect: deps.afterDisconnect,
    };
  }

  /** Is it a WebSocket handshake for a provider? Anything else stays an ordinary request. */
  wants(request: IncomingMessage): boolean {
    return isWebSocketRequest(request) && this.findRoute(request.method!, request.url!) !== null;
  }

  upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const socket = duplex as Socket;
    const route = this.findRoute(request.method!, request.url!)!;
    const id = randomUUIDv7();
    const gone = new AbortController();
    socket.on('error', () => undefined);
    socket.once('close', () => gone.abort());
    // A client that says it will send no more has gone, too: it could not send one frame. Its connection stays half open until we end it.
    socket.once('end', () => gone.abort());
    this.underWay++;
    const arrival: Arrival = { caller: null, model: null, startedAtMs: Date.now(), startedTick: performance.now() };
    const upgrade: Upgrade = { id, route, request, socket, head, clientGone: gone.signal, arrival };
    this.process(upgrade)
      .catch((error: unknown) => {
        this.deps.logger.error({ err: error, requestId: id }, 'a WebSocket handshake failed');
        return refusals.internal;
      })
      .then((end) => this.settle(upgrade, end));
  }

  /** The life of a handshake, top to bottom; the steps of an HTTP call, and in their order. Null: a tunnel is open, and `onEnd` will tell. */
  private async process(upgrade: Upgrade): Promise<Refusal | NotOpened | null> {
    const { route, request, id, arrival } = upgrade;
    const { provider } = route;
    if (this.closing) return refusals.shuttingDown;
    const handshake = readHandshake(request, provider.webSockets);
    if (handshake instanceof Refusal) return handshake;
    const caller = await identify(this.deps, provider, handshake.head);
    if (caller instanceof Refusal) return caller;
    arrival.caller = caller;
    const endpoint = endpointOf(route);
    if (endpoint === undefined) return refusals.unsupportedWebSocketPath(provider.title, route.path);
    const room = await roomOf(this.deps, route, caller);
    if (room instanceof Refusal) return room;
    const model = endpoint.modelOf(new URLSearchParams(route.query));
    if (model instanceof Refusal) return model;
    arrival.model = model;
    const refusal = admit(this.deps.admission, { caller, provider, endpoint, model, models: [], serviceTier: null, path: route.path, client: handshake.head.client });
    if (refusal !== null) return refusal;
    const upstream = this.deps.upstreams.for(provider, caller.project);
    if (upstream instanceof Refusal) return upstream;
    const answer = await connectUpstream(route, upstream, handshake, this.deps.limits, upgrade.clientGone);
    if (answer.kind !== 'open') return notOpened(answer, upgrade, upstream);
    // Browsers fail a connection whose offer was met with silence, so the first harmless subprotocol stands in.
    const protocol = answer.protocol ?? handshake.protocols[0] ?? null;
    const client = this.accept(request, upgrade.socket, upgrade.head, { protocol, headers: answer.headers, requestId: id });
    if (client === null) {
      answer.socket.terminate();
      return CLIENT_LEFT;
    }
    const requestId = answer.headers['x-request-id'];
    const providerRequestId = typeof requestId === 'string' ? requestId : null;
    const conversation = endpoint.conversation(model);
    const session: Session = { id, request, arrival, route, provider, endpoint, head: handshake.head, caller, room, upstream, providerRequestId, conversation };
    this.openTunnel(session, { client, connection: upgrade.socket, provider: answer.socket });
    return null;
  }

  private openTunnel(session: Session, sockets: ConstructorParameters<typeof Tunnel>[2]): void {
    sockets.connection.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    const tunnel = new Tunnel(this.tunnelDeps, session, sockets);
    this.open.add(tunnel);
    this.ofSession.set(session, tunnel);
    tunnel.start();
    if (this.closing) tunnel.drain();
  }

  private async check(session: Session, { models, serviceTier }: Asked): Promise<Refusal | null> {
    try {
      const { provider, endpoint, route } = session;
      const caller = await identify(this.deps, provider, session.head);
      if (caller instanceof Refusal) return caller;
      const room = await roomOf(this.deps, route, caller);
      if (room instanceof Refusal) return room;
      return admit(this.deps.admission, { caller, provider, endpoint, model: null, models, serviceTier, path: route.path, client: session.head.client });
    } catch (error) {
      this.deps.logger.error({ err: error, requestId: session.id }, 'a frame could not be checked');
      return refusals.internal;
    }
  }

  private onUsage(session: Session, { reading, requestModel, requestServiceTier }: HeardUsage, timings: TurnTimings, outcome: Outcome): void {
    const turn = { ...session, id: randomUUIDv7(), facts: { model: requestModel, serviceTier: requestServiceTier, priceFacts: {} }, startedAtMs: timings.startedAtMs };
    const end = { outcome, status: SWITCHING_PROTOCOLS, requestWasSent: true, transport: 'websocket' as const, reading, ...timings, endedAtMs: Date.now(), providerRequestId: session.providerRequestId };
    this.deps.usage.emit(toUsageEvent(turn, end));
  }

  private onEnd(session: Session, end: TunnelEnd): void {
    this.open.delete(this.ofSession.get(session)!);
    const { id, request, arrival, provider, endpoint, room } = session;
    const outcome = end.unreported ? 'upstream_interrupted' : 'completed';
    this.deps.observer?.socketEnded({ ...arrival, id, request, provider, endpoint: endpoint.path, room, status: SWITCHING_PROTOCOLS, outcome, ...closeCodes(end) });
    if (end.unreported) this.deps.logger.warn({ requestId: session.id, path: session.route.path, ...end }, 'a socket ended in mid-answer, and the provider reported no usage of it, so it is estimated');
    this.release();
  }

  private settle(upgrade: Upgrade, end: Refusal | NotOpened | null): void {
    if (end === null) return;
    const { id, route, request, socket } = upgrade;
    if (end instanceof Refusal) {
      this.deps.observer?.refused({ ...arrivedRequest(upgrade), refusal: end });
      if (!socket.destroyed) refuse(responseOn(request, socket), route.provider, end, id);
    } else {
      if (end === CLIENT_LEFT) socket.destroy();
      this.deps.observer?.socketEnded({ ...arrivedRequest(upgrade), ...end, ...NO_SOCKET });
    }
    this.release();
  }

  private release(): void {
    this.underWay--;
    if (this.underWay === 0) for (const wake of this.idleWaiters.splice(0)) wake();
  }

  /** Tunnels that are open. */
  get openSockets(): number {
    return this.open.size;
  }

  /** Refuses new sockets, ends those at rest, waits for the answers under way up to a deadline, and then ends every socket. */
  async drain(deadlineMs: number): Promise<void> {
    this.closing = true;
    for (const tunnel of this.open) tunnel.drain();
    await this.idle(deadlineMs);
    for (const tunnel of this.open) tunnel.closeBoth();
    await this.idle(LAST_WORD_MS);
    for (const tunnel of this.open) tunnel.terminate();
  }

  private async idle(maxMs: number): Promise<void> {
    if (this.underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, maxMs);
      this.idleWaiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

const endpointOf = ({ provider, path }: Route) => provider.webSockets?.endpoints.find((endpoint) => endpoint.path === path);

/** The provider did not accept: what it said instead goes to the client. */
const notOpened = async (answer: Exclude<UpstreamAnswer, { kind: 'open' }>, { id, route, request, socket, clientGone }: Upgrade, { keyEcho }: Upstream): Promise<Refusal | NotOpened> => {
  const end = answer.kind === 'failed' ? answer.refusal : await readRejection(answer.answer, route.provider, keyEcho);
  if (clientGone.aborted) return CLIENT_LEFT;
  if (end instanceof Refusal) return end;
  passOn(end, responseOn(request, socket), id);
  return { status: end.status, outcome: 'completed' };
};

const arrivedRequest = ({ id, request, route, arrival }: Upgrade): ArrivedRequest => ({ ...arrival, id, request, provider: route.provider, endpoint: endpointOf(route)?.path ?? OTHER_PATHS });

const NO_SOCKET = { room: null, clientCode: null, providerCode: null, usageEvents: 0 };

const closeCodes = ({ clientCode, providerCode, usageEvents }: TunnelEnd) => ({ clientCode, providerCode, usageEvents });
