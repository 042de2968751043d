import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Caller } from '../credentials/caller.js';
import type { Asked, Conversation, HeardUsage, Provider, TurnStep, WebSocketEndpoint } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import type { Arrival } from '../relay/observer.js';
import type { RequestHead } from '../relay/request-head.js';
import type { Route } from '../relay/route.js';
import type { Upstream } from '../relay/upstreams.js';
import type { Outcome } from '../usage/usage-event.js';
import { CLOSE, type Ending, closeAlike, endingOf } from './close-codes.js';
import { Lane } from './lane.js';
import { type TurnTimings, Turns } from './turns.js';

/** A socket that was admitted: everything its turns and their usage events need to know. */
export interface Session {
  /** Of the handshake; each turn's event has an id of its own. */
  readonly id: string;
  readonly request: IncomingMessage;
  readonly arrival: Arrival;
  readonly route: Route;
  readonly provider: Provider;
  readonly endpoint: WebSocketEndpoint;
  readonly head: RequestHead;
  readonly caller: Caller;
  readonly room: string | null;
  readonly upstream: Upstream;
  readonly providerRequestId: string | null;
  readonly conversation: Conversation;
}

export interface TunnelDeps {
  /** May the client's frame go on? Asked anew for each, because grants, credits and prices change while a socket lives. */
  check(session: Session, asked: Asked): Promise<Refusal | null>;
  onUsage(session: Session, usage: HeardUsage, timings: TurnTimings, outcome: Outcome): void;
  onEnd(session: Session, end: TunnelEnd): void;
  afterDisconnect: { maxMs: number; maxBytes: number };
}

export interface TunnelEnd {
  clientCode: number;
  providerCode: number;
  /** An answer was under way that the provider reported nothing of. */
  unreported: boolean;
  /** Usage events of its turns. */
  usageEvents: number;
}

export interface TunnelSockets {
  client: WebSocket;
  /** Below `client`. */
  connection: Socket;
  provider: WebSocket;
}

const NOTHING_ASKED: Asked = { models: [], serviceTier: null, startsTurn: false };

/** A client's socket and a provider's, tied together frame by frame. */
export class Tunnel {
  private readonly toProvider: Lane;
  private readonly toClient: Lane;
  private readonly turns = new Turns();
  /** What the client did while one of its frames is being checked, in order; null when none is. */
  private held: (() => void)[] | null = null;
  private clientEnding: Ending | null = null;
  private providerEnding: Ending | null = null;
  private clientError: Error | null = null;
  private providerError: Error | null = null;
  private unreported = false;
  private usageEvents = 0;
  private draining = false;
  /** Closed from here before the client left. */
  private closedHere = false;
  private isSettled = false;
  private giveUp: NodeJS.Timeout | undefined;
  private bytesAfterClientLeft = 0;

  constructor(
    private readonly deps: TunnelDeps,
    private readonly session: Session,
    private readonly sockets: TunnelSockets,
  ) {
    const { client, provider } = sockets;
    this.toProvider = new Lane(client, provider);
    this.toClient = new Lane(provider, client);
  }

  /** Listens to both sides. To be called in the same turn of the event loop in which the client was accepted. */
  start(): void {
    const { client, provider } = this.sockets;
    client.on('message', (data: Buffer, binary) => this.fromClient(data, binary));
    client.on('ping', (data) => (this.toProvider.isOpen() ? this.toProvider.ping(data) : this.toClient.pong(data)));
    client.on('pong', (data) => this.toProvider.pong(data));
    client.on('error', (error) => (this.clientError = error));
    client.on('close', (code, reason) => this.onClientClosed(endingOf(this.clientError, code, reason)));
    provider.on('message', (data: Buffer, binary) => this.fromProvider(data, binary));
    provider.on('ping', (data) => (this.toClient.isOpen() ? this.toClient.ping(data) : this.toProvider.pong(data)));
    provider.on('pong', (data) => this.toClient.pong(data));
    provider.on('error', (error) => (this.providerError = error));
    provider.on('close', (code, reason) => this.onProviderClosed(endingOf(this.providerError, code, reason)));
    provider.resume();
  }

  /** Ends when the answer under way is over; at once when there is none. */
  drain(): void {
    this.draining = true;
    if (!this.turns.isOpen) this.closeBoth();
  }

  closeBoth(code: number = CLOSE.serviceRestart, reason = 'the server is restarting'): void {
    this.closedHere ||= this.clientEnding === null;
    this.sockets.client.close(code, reason);
    this.sockets.provider.close(CLOSE.goingAway);
  }

  terminate(): void {
    this.settle();
    this.sockets.client.terminate();
    this.sockets.provider.terminate();
  }

  private fromClient(data: Buffer, binary: boolean): void {
    if (this.held !== null) {
      this.held.push(() => this.fromClient(data, binary));
      return;
    }
    const asked = this.session.conversation.readAsked(data);
    if (asked === null) this.forward(data, binary, null);
    else if (asked instanceof Refusal) this.refuseFrame(asked);
    else this.hold(this.checked(asked, data, binary));
  }

  private async checked(asked: Asked, data: Buffer, binary: boolean): Promise<void> {
    const refusal = this.draining ? refusals.shuttingDown : await this.deps.check(this.session, asked);
    if (refusal !== null) return this.refuseFrame(refusal);
    this.forward(data, binary, asked);
  }

  private forward(data: Buffer, binary: boolean, asked: Asked | null): void {
    if (!this.toProvider.isOpen()) return;
    this.session.conversation.sent(data, asked);
    if (asked?.startsTurn === true) this.turns.ask();
    this.toProvider.send(data, binary);
  }

  /** Holds back everything else of the client until the decision has fallen, so that order is kept. */
  private hold(decision: Promise<void>): void {
    this.held = [];
    this.toProvider.wait(true);
    void decision.then(() => {
      const held = this.held ?? [];
      this.held = null;
      this.toProvider.wait(false);
      for (const act of held) act();
    });
  }

  private refuseFrame(refusal: Refusal): void {
    this.toClient.send(Buffer.from(JSON.stringify(this.session.provider.webSockets!.errorFrame(refusal))), false);
  }

  private fromProvider(data: Buffer, binary: boolean): void {
    this.turns.sawByte();
    const heard = this.session.conversation.hear(data);
    // Before the client has the end of the answer, and not once more when it was estimated and the report comes too late.
    if (heard !== null && heard.usage !== null && !this.isSettled) this.bill(heard.usage, this.clientEnding === null ? 'completed' : 'client_disconnected');
    if (this.clientEnding === null) this.toClient.send(this.session.upstream.streamedKey.hideIn(data), binary);
    else this.countAfterClientLeft(data.length);
    if (heard !== null && heard.turn !== null) this.onTurn(heard.turn);
  }

  private onTurn(turn: TurnStep): void {
    if (turn === 'started') this.turns.start();
    else if (turn === 'ended') this.turns.end();
    else this.turns.fail();
    if (this.turns.isOpen) return;
    if (this.clientEnding !== null) closeAlike(this.sockets.provider, null, this.clientEnding);
    else if (this.draining) this.closeBoth();
    else if (this.session.endpoint.startsTurnsItself) void this.checkCaller();
  }

  private bill(usage: HeardUsage, outcome: Outcome): void {
    this.usageEvents++;
    this.deps.onUsage(this.session, usage, this.turns.timings(), outcome);
  }

  /** The provider will report no more: what it broke off is estimated, and what it left out is told of. */
  private settle(): void {
    this.unreported ||= this.turns.isOpen;
    const outcome = this.clientEnding !== null && !this.closedHere ? 'client_disconnected' : 'upstream_interrupted';
    for (const usage of this.session.conversation.unreported(outcome === 'client_disconnected')) {
      this.unreported ||= !usage.reading.final;
      this.bill(usage, usage.reading.final ? 'completed' : outcome);
    }
    this.isSettled = true;
  }

  /** Before an answer that nobody has to ask for: may the caller still be here? */
  private async checkCaller(): Promise<void> {
    const refusal = await this.deps.check(this.session, NOTHING_ASKED);
    if (refusal === null || this.clientEnding !== null) return;
    this.refuseFrame(refusal);
    this.closeBoth(CLOSE.policy, refusal.code);
  }

  private countAfterClientLeft(bytes: number): void {
    this.bytesAfterClientLeft += bytes;
    if (this.bytesAfterClientLeft > this.deps.afterDisconnect.maxBytes) this.sockets.provider.terminate();
  }

  private onClientClosed(ending: Ending): void {
    if (this.held !== null) {
      this.held.push(() => this.onClientClosed(ending));
      return;
    }
    this.clientEnding = ending;
    this.toClient.release();
    if (this.providerEnding !== null) return this.finish();
    // The provider charges for the answer under way, so it is read to its end.
    if (this.turns.isOpen) this.giveUp = setTimeout(() => this.sockets.provider.terminate(), this.deps.afterDisconnect.maxMs);
    else closeAlike(this.sockets.provider, null, ending);
  }

  private onProviderClosed(ending: Ending): void {
    clearTimeout(this.giveUp);
    this.settle();
    this.providerEnding = ending;
    this.toProvider.release();
    if (this.clientEnding !== null) this.finish();
    else closeAlike(this.sockets.client, this.sockets.connection, { ...ending, reason: this.session.upstream.streamedKey.hideIn(ending.reason) });
  }

  private finish(): void {
    this.deps.onEnd(this.session, { clientCode: this.clientEnding!.code, providerCode: this.providerEnding!.code, unreported: this.unreported, usageEvents: this.usageEvents });
  }
}
