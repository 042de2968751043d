import { Refusal, refusals } from '../../refusals.js';
import { type Span, isObjectAt, wantMembers } from '../../wire/json-facts.js';
import { RecentIds } from '../recent-ids.js';
import { membersOf, textAt, usageAt } from '../usage-object.js';
import type { Asked, Conversation, Heard, HeardUsage } from '../web-socket.js';
import { readClientFrame, readSession } from './client-frames.js';
import { mentionsAny, reportedResponse, turnOf } from './provider-frames.js';

const MARKERS = ['"response"', '"usage"', '"error"', '"session"'].map((marker) => Buffer.from(marker));
const FRAME = wantMembers('type', 'event_id', 'response', 'session', 'usage', 'model');
const TRANSCRIBED = 'conversation.item.input_audio_transcription.completed';

/** The model of a Realtime handshake. A transcription session has none: its model comes with `session.update`. */
export const realtimeModelOf = (query: URLSearchParams): string | null | Refusal => {
  const models = query.getAll('model');
  if (models.length === 0 && query.get('intent') === 'transcription') return null;
  return models.length === 1 && models[0] !== '' ? models[0]! : refusals.modelMissingInQuery;
};

/**
 * `/v1/realtime`: the handshake names the model, `response.done` reports its usage; what the caller says may be transcribed by
 * another model, which reports for itself.
 */
export class RealtimeConversation implements Conversation {
  private readonly counted = new RecentIds();
  private sessionModel: string | null = null;
  private transcriptionModel: string | null = null;

  constructor(private readonly model: string | null) {}

  readAsked(frame: Buffer): Asked | Refusal | null {
    const read = readClientFrame(frame);
    if (read === null || read instanceof Refusal) return read;
    const startsTurn = read.type === 'response.create';
    if (!startsTurn && read.models.length === 0) return null;
    return { models: read.models, serviceTier: null, startsTurn, transcriptionModel: read.transcriptionModel ?? undefined };
  }

  remember(asked: Asked): void {
    this.transcriptionModel = asked.transcriptionModel ?? this.transcriptionModel;
  }

  hear(frame: Buffer): Heard | null {
    if (!mentionsAny(frame, MARKERS)) return null;
    const spans = membersOf(frame, FRAME);
    if (spans === null) return null;
    const [typeSpan, eventIdSpan, response, session, usage, model] = spans as [Span, Span, Span, Span, Span, Span];
    this.learn(frame, session);
    const type = textAt(frame, typeSpan);
    const eventId = textAt(frame, eventIdSpan);
    if (type === TRANSCRIBED) return { turn: null, usage: this.once(eventId, null, this.transcribed(frame, usage, model)) };
    const turn = turnOf(type);
    if (turn === null) return null;
    const reported = turn === 'ended' ? reportedResponse(frame, response) : null;
    if (reported === null) return { turn, usage: null };
    const reading = { ...reported.reading, model: reported.reading.model ?? this.sessionModel };
    return { turn, usage: this.once(eventId, reported.id, { reading, requestModel: this.model, requestServiceTier: null }) };
  }

  private once(eventId: string | null, responseId: string | null, usage: HeardUsage | null): HeardUsage | null {
    if (usage === null || this.counted.has(eventId) || this.counted.has(responseId)) return null;
    this.counted.add(eventId);
    this.counted.add(responseId);
    return usage;
  }

  private transcribed(frame: Buffer, usageSpan: Span, model: Span): HeardUsage | null {
    const usage = usageAt(frame, usageSpan);
    if (usage === null) return null;
    return { reading: { usage, model: textAt(frame, model), serviceTier: null, final: true }, requestModel: this.transcriptionModel, requestServiceTier: null };
  }

  /** The provider says which models the session really has. */
  private learn(frame: Buffer, span: Span): void {
    if (!isObjectAt(frame, span)) return;
    try {
      const { model, transcription } = readSession(frame.subarray(span.start, span.end));
      this.sessionModel = model ?? this.sessionModel;
      this.transcriptionModel = transcription ?? this.transcriptionModel;
    } catch {
      // A session that cannot be read tells nothing; it is the provider's frame and goes on as it is.
    }
  }
}
