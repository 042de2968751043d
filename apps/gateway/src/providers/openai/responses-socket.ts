import { Refusal, refusals } from '../../refusals.js';
import { wantMembers } from '../../wire/json-facts.js';
import { OpenAnswers } from '../open-answers.js';
import { RecentIds } from '../recent-ids.js';
import { SilentAnswers } from '../silent-answers.js';
import { responseEstimate } from '../text-estimate.js';
import { membersOf, textAt } from '../usage-object.js';
import type { Asked, Conversation, Heard, HeardUsage, TurnStep } from '../web-socket.js';
import { readClientFrame } from './client-frames.js';
import { endedResponse, mentionsAny, responseIdAt, turnOf } from './provider-frames.js';

const MARKERS = ['"response"', '"usage"', '"error"'].map((marker) => Buffer.from(marker));
const FRAME = wantMembers('type', 'event_id', 'response');

/** What pieces of an answer are called: of text, reasoning, refusals and arguments of tools alike. */
const PIECE = 'delta';
const { usage: estimatedUsage } = responseEstimate();

const NOTHING_SENT = Buffer.alloc(0);

/** The frame is the whole request, as the body is over HTTP. */
interface Question {
  readonly frame: Buffer;
  readonly model: string | null;
  readonly serviceTier: string | null;
}

/** `/v1/responses`: each `response.create` names a model; the closing frame holds the whole response with its usage. */
export class ResponsesConversation implements Conversation {
  private readonly counted = new RecentIds();
  /** Null: to get ready is asked for, which costs nothing unless it is reported. */
  private readonly answers = new OpenAnswers<Question | null>(PIECE);
  private readonly silent = new SilentAnswers();
  private model: string | null = null;
  private serviceTier: string | null = null;

  readAsked(frame: Buffer): Asked | Refusal | null {
    const read = readClientFrame(frame);
    if (read === null || read instanceof Refusal) return read;
    if (read.type !== 'response.create') return read.models.length === 0 ? null : { models: read.models, serviceTier: read.serviceTier, startsTurn: false };
    if (read.model === null || read.model === '') return refusals.modelMissing;
    return { models: read.models, serviceTier: read.serviceTier, startsTurn: !read.isPrewarm, turnModel: read.model };
  }

  sent(frame: Buffer, asked: Asked | null): void {
    if (asked?.turnModel === undefined) return;
    this.model = asked.turnModel;
    this.serviceTier = asked.serviceTier;
    this.answers.ask(asked.startsTurn ? { frame, model: this.model, serviceTier: this.serviceTier } : null);
  }

  hear(frame: Buffer): Heard | null {
    this.answers.of(frame)?.text.look(frame);
    if (!mentionsAny(frame, MARKERS)) return null;
    const spans = membersOf(frame, FRAME);
    if (spans === null) return null;
    const type = textAt(frame, spans[0]);
    const turn = turnOf(type);
    if (turn === null) return null;
    const ended = turn === 'ended' ? endedResponse(frame, spans[2], type!) : null;
    const eventId = textAt(frame, spans[1]);
    const id = responseIdAt(frame, spans[2]);
    if (this.counted.has(eventId) || this.counted.has(id)) return { turn, usage: null };
    const question = this.follow(turn, id);
    if (ended === null) return { turn, usage: null };
    const usage = { reading: ended.reading, requestModel: this.model, requestServiceTier: this.serviceTier };
    if (ended.reading.usage === null) return { turn, usage: question === null ? null : this.silent.keep(id, usage) };
    this.counted.add(eventId);
    this.counted.add(id);
    this.silent.reported(id);
    return { turn, usage };
  }

  unreported(callerLeft: boolean): HeardUsage[] {
    const cut = this.answers.takeRest(callerLeft).flatMap(({ question, textBytes }) => {
      if (question === null) return [];
      const reading = { usage: estimatedUsage(question.frame, textBytes), model: null, serviceTier: null, final: false, estimated: true };
      return [{ reading, requestModel: question.model, requestServiceTier: question.serviceTier }];
    });
    return [...this.silent.takeRest(), ...cut];
  }

  /** @returns the question of an answer that ended; null: to get ready was asked for */
  private follow(turn: TurnStep, id: string | null): Question | null | undefined {
    if (turn === 'ended') return this.answers.end(id);
    if (turn === 'started') this.answers.start(id, () => ({ frame: NOTHING_SENT, model: this.model, serviceTier: this.serviceTier }));
    else this.answers.fail();
    return undefined;
  }
}
