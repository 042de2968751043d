import type { Refusal } from '../refusals.js';
import type { UsageReading } from './usage-reading.js';

/** What the relay asks of a provider that speaks WebSocket. */
export interface WebSockets {
  readonly endpoints: readonly WebSocketEndpoint[];
  /** Browsers cannot set headers, so they put the credential into a subprotocol: `<prefix><credential>`. In lower case. */
  readonly credentialProtocols: readonly string[];
  /** Prefixes of other subprotocols that are the client's affair with the provider and go no further. In lower case. */
  readonly droppedProtocols: readonly string[];
  /** A refusal of one frame, as a frame. */
  errorFrame(refusal: Refusal): unknown;
}

export interface WebSocketEndpoint {
  /** From `/v1` on, exact. */
  readonly path: string;
  readonly billable: boolean;
  /** Does the provider also answer without being asked, when it hears that the client has finished speaking? */
  readonly startsTurnsItself: boolean;
  /** Model that the handshake names; null when this endpoint's frames name it. */
  modelOf(query: URLSearchParams): string | null | Refusal;
  /** Made anew for each socket. */
  conversation(model: string | null): Conversation;
}

/** Follows the frames of one socket from the side. */
export interface Conversation {
  /** What a frame of the client asks for; null: nothing that would have to be checked. Remembers nothing, because the frame may be refused. */
  readAsked(frame: Buffer): Asked | Refusal | null;
  /** The frame went to the provider. `asked`: as it was read. */
  sent(frame: Buffer, asked: Asked | null): void;
  /** What a frame of the provider tells; null: nothing of interest. */
  hear(frame: Buffer): Heard | null;
  /**
   * No more frames will come: an estimate of every answer that was under way and that the provider did not report, and those that ended without
   * a report, as they are.
   * @param callerLeft the caller did not wait, so the provider may be at work on what was only asked for as well
   */
  unreported(callerLeft: boolean): HeardUsage[];
}

export interface Asked {
  /** Every model the frame names: each must be granted and priced. */
  readonly models: readonly string[];
  readonly serviceTier: string | null;
  /** An answer is asked for, which will end with a report or an error. */
  readonly startsTurn: boolean;
  /** Model of that answer; undefined when the frame does not set it. */
  readonly turnModel?: string;
  /** Model that transcribes what the client says; undefined when the frame does not set it. */
  readonly transcriptionModel?: string;
}

/** `failed`: an error came, most likely in the place of an answer. */
export type TurnStep = 'started' | 'ended' | 'failed';

export interface Heard {
  readonly turn: TurnStep | null;
  /** Reported for the first time on this socket. */
  readonly usage: HeardUsage | null;
}

export interface HeardUsage {
  readonly reading: UsageReading;
  readonly requestModel: string | null;
  readonly requestServiceTier: string | null;
}
