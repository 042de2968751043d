import type { SimulatorControl } from '../control.js';
import type { JsonObject, StreamEvent } from '../provider.js';

/** What a socket needs to know of its handshake. */
export interface Handshake {
  /** Query of the handshake's URL. */
  query: URLSearchParams;
  /** Of the handshake; a frame may bring its own. */
  control: SimulatorControl;
}

/** One socket's side of the provider: what it sends when it opens, and what it answers to each frame. */
export interface Conversation {
  opening(): StreamEvent[];
  /** @throws ProviderFailure, which goes out as an error frame */
  answer(frame: Readonly<JsonObject>, control: SimulatorControl): StreamEvent[];
}

export const event = (data: JsonObject, isText = false): StreamEvent => ({ data: JSON.stringify(data), isText });
