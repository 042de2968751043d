import { Refusal, refusals } from '../../refusals.js';
import { type Span, isObjectAt, wantMembers } from '../../wire/json-facts.js';
import { MemberScan } from '../../wire/member-scan.js';
import { OpenAnswers } from '../open-answers.js';
import { RecentIds } from '../recent-ids.js';
import { SilentAnswers } from '../silent-answers.js';
import { tokensOf } from '../text-estimate.js';
import { membersOf, textAt, usageAt } from '../usage-object.js';
import type { Asked, Conversation, Heard, HeardUsage, TurnStep } from '../web-socket.js';
import { readClientFrame, readSession } from './client-frames.js';
import { endedResponse, mentionsAny, responseIdAt, turnOf } from './provider-frames.js';

const MARKERS = ['"response"', '"usage"', '"error"', '"session"'].map((marker) => Buffer.from(marker));
const FRAME = wantMembers('type', 'event_id', 'response', 'session', 'usage', 'model');
const TRANSCRIBED = 'conversation.item.input_audio_transcription.completed';

/** Members of the client's frames that the model reads: of items, of the session, of a question. */
const ASKED_TEXT = ['text', 'instructions', 'description', 'arguments', 'output'];
const ASKED_AUDIO = ['audio'];
const AUDIO_SENT = Buffer.from('"input_audio_buffer.append"');

const PIECE = 'delta';
/** Pieces of an answer name it; those of a transcript of the client do not. */
const OF_ANSWER = Buffer.from('"response_id"');
/** In both versions of the API. */
const AUDIO_PIECES = ['"response.output_audio.delta"', '"response.audio.delta"'].map((type) => Buffer.from(type));

/** What the client sent that no answer before was given. */
interface Question {
  readonly textBytes: number;
  /** In base64. */
  readonly audioBytes: number;
}

const decodedBytes = (base64Bytes: number): number => Math.floor((base64Bytes * 3) / 4);

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
  private readonly answers = new OpenAnswers<Question>(PIECE);
  private readonly silent = new SilentAnswers();
  private sentText = new MemberScan(ASKED_TEXT);
  private sentAudio = new MemberScan(ASKED_AUDIO);
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

  sent(frame: Buffer, asked: Asked | null): void {
    this.sentAudio.look(frame);
    if (!frame.includes(AUDIO_SENT)) this.sentText.look(frame);
    if (asked === null) return;
    this.transcriptionModel = asked.transcriptionModel ?? this.transcriptionModel;
    if (asked.startsTurn) this.answers.ask(this.takeSent());
  }

  hear(frame: Buffer): Heard | null {
    this.countPiece(frame);
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
    const id = responseIdAt(frame, response);
    if (!this.counted.has(eventId) && !this.counted.has(id)) this.follow(turn, id);
    const ended = turn === 'ended' ? endedResponse(frame, response, type!) : null;
    if (ended === null) return { turn, usage: null };
    const reading = { ...ended.reading, model: ended.reading.model ?? this.sessionModel };
    const told = { reading, requestModel: this.model, requestServiceTier: null };
    if (reading.usage === null) return { turn, usage: this.counted.has(id) ? null : this.silent.keep(id, told) };
    this.silent.reported(id);
    return { turn, usage: this.once(eventId, ended.id, told) };
  }

  unreported(callerLeft: boolean): HeardUsage[] {
    const cut = this.answers.takeRest(callerLeft).map(({ question, textBytes, audioBytes }) => ({
      reading: { usage: estimatedUsage(question, { textBytes, audioBytes }), model: this.sessionModel, serviceTier: null, final: false, estimated: true },
      requestModel: this.model,
      requestServiceTier: null,
    }));
    return [...this.silent.takeRest(), ...cut];
  }

  private takeSent(): Question {
    const sent = { textBytes: this.sentText.textBytes, audioBytes: this.sentAudio.textBytes };
    this.sentText = new MemberScan(ASKED_TEXT);
    this.sentAudio = new MemberScan(ASKED_AUDIO);
    return sent;
  }

  private countPiece(frame: Buffer): void {
    const answer = this.answers.of(frame);
    if (answer === undefined || !frame.includes(OF_ANSWER)) return;
    if (mentionsAny(frame, AUDIO_PIECES)) answer.audio.look(frame);
    else answer.text.look(frame);
  }

  private follow(turn: TurnStep, id: string | null): void {
    if (turn === 'started') this.answers.start(id, () => this.takeSent());
    else if (turn === 'ended') this.answers.end(id);
    else this.answers.fail();
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

/**
 * Text alone is estimated. How many tokens a stretch of sound makes depends on a format that the frames do not tell, so its bytes are named
 * as what they are: nothing has a price under these names, and so the event is listed among what was not fully priced.
 */
const estimatedUsage = (asked: Question, answer: Question): Record<string, number> => ({
  input_tokens: tokensOf(asked.textBytes),
  output_tokens: tokensOf(answer.textBytes),
  ...(asked.audioBytes > 0 ? { unestimated_audio_input_bytes: decodedBytes(asked.audioBytes) } : {}),
  ...(answer.audioBytes > 0 ? { unestimated_audio_output_bytes: decodedBytes(answer.audioBytes) } : {}),
});
