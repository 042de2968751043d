import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@llm-proxy/platform-logging';
import { v7 as uuidv7 } from 'uuid';
import { type AdmissionDeps, admit } from '../admission/admit.js';
import type { Asked, HeardUsage, Provider } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import { type CallerDeps, identify, roomOf } from '../relay/caller-and-room.js';
import { refuse } from '../relay/refuse.js';
import { type Route, createRouter } from '../relay/route.js';
import type { Upstreams } from '../relay/upstreams.js';
import { type Outcome, toUsageEvent } from '../usage/usage-event.js';
import type { UsagePublisher } from '../usage/usage-publisher.js';
import { createAcceptor, passOn, responseOn } from './answer-upgrade.js';
import { connectUpstream } from './connect-upstream.js';
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
}

interface Upgrade {
  id: string;
  route: Route;
  request: IncomingMessage;
  socket: Socket;
  head: Buffer;
  clientGone: AbortSignal;
}

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
    const id = uuidv7();
    const gone = new AbortController();
    socket.on('error', () => undefined);
    socket.once('close', () => gone.abort());
    this.underWay++;
    this.process({ id, route, request, socket, head, clientGone: gone.signal }).then(
      (refusal) => this.settle(id, route, request, socket, refusal),
      (error: unknown) => {
        this.deps.logger.error({ err: error, requestId: id }, 'a WebSocket handshake failed');
        this.settle(id, route, request, socket, refusals.internal);
      },
    );
  }

  /** The life of a handshake, top to bottom; the steps of an HTTP call, and in their order. True: a tunnel is open, and `onEnd` will tell. */
  private async process(upgrade: Upgrade): Promise<Refusal | boolean> {
    const { route, request, id } = upgrade;
    const { provider } = route;
    if (this.closing) return refusals.shuttingDown;
    const handshake = readHandshake(request, provider.webSockets);
    if (handshake instanceof Refusal) return handshake;
    const caller = await identify(this.deps, provider, handshake.head);
    if (caller instanceof Refusal) return caller;
    const endpoint = provider.webSockets?.endpoints.find(({ path }) => path === route.path);
    if (endpoint === undefined) return refusals.unsupportedWebSocketPath(provider.title, route.path);
    const room = await roomOf(this.deps, route, caller);
    if (room instanceof Refusal) return room;
    const model = endpoint.modelOf(new URLSearchParams(route.query));
    if (model instanceof Refusal) return model;
    const refusal = admit(this.deps.admission, { caller, provider, endpoint, model, models: [], serviceTier: null, path: route.path, client: handshake.head.client });
    if (refusal !== null) return refusal;
    const upstream = this.deps.upstreams.for(provider, caller.project);
    if (upstream instanceof Refusal) return upstream;
    const answer = await connectUpstream(route, upstream, handshake, this.deps.limits, upgrade.clientGone);
    if (answer.kind === 'failed') return answer.refusal;
    if (answer.kind === 'rejected') {
      passOn(answer.answer, responseOn(request, upgrade.socket), id);
      return false;
    }
    // Browsers fail a connection whose offer was met with silence, so the first harmless subprotocol stands in.
    const protocol = answer.protocol ?? handshake.protocols[0] ?? null;
    const client = this.accept(request, upgrade.socket, upgrade.head, { protocol, headers: answer.headers, requestId: id });
    if (client === null) {
      answer.socket.terminate();
      return false;
    }
    const requestId = answer.headers['x-request-id'];
    const providerRequestId = typeof requestId === 'string' ? requestId : null;
    const conversation = endpoint.conversation(model);
    const session: Session = { id, route, provider, endpoint, head: handshake.head, caller, room, upstream, providerRequestId, conversation };
    this.openTunnel(session, { client, connection: upgrade.socket, provider: answer.socket });
    return true;
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
    const turn = { ...session, id: uuidv7(), facts: { model: requestModel, serviceTier: requestServiceTier, priceFacts: {} }, startedAtMs: timings.startedAtMs };
    const end = { outcome, status: SWITCHING_PROTOCOLS, requestWasSent: true, transport: 'websocket' as const, reading, ...timings, providerRequestId: session.providerRequestId };
    this.deps.usage.emit(toUsageEvent(turn, end, Date.now()));
  }

  private onEnd(session: Session, end: TunnelEnd): void {
    this.open.delete(this.ofSession.get(session)!);
    if (end.unreported) this.deps.logger.warn({ requestId: session.id, path: session.route.path, ...end }, 'a socket ended in mid-answer, and the provider reported no usage of it');
    this.release();
  }

  private settle(id: string, route: Route, request: IncomingMessage, socket: Socket, end: Refusal | boolean): void {
    if (end === true) return;
    if (end instanceof Refusal && !socket.destroyed) refuse(responseOn(request, socket), route.provider, end, id);
    this.release();
  }

  private release(): void {
    this.underWay--;
    if (this.underWay === 0) for (const wake of this.idleWaiters.splice(0)) wake();
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
