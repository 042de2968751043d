import { Refusal, refusals } from '../../refusals.js';
import { wantMembers } from '../../wire/json-facts.js';
import { RecentIds } from '../recent-ids.js';
import { membersOf, textAt } from '../usage-object.js';
import type { Asked, Conversation, Heard } from '../web-socket.js';
import { readClientFrame } from './client-frames.js';
import { mentionsAny, reportedResponse, turnOf } from './provider-frames.js';

const MARKERS = ['"response"', '"usage"', '"error"'].map((marker) => Buffer.from(marker));
const FRAME = wantMembers('type', 'event_id', 'response');

/** `/v1/responses`: each `response.create` names a model; the closing frame holds the whole response with its usage. */
export class ResponsesConversation implements Conversation {
  private readonly counted = new RecentIds();
  private model: string | null = null;
  private serviceTier: string | null = null;

  readAsked(frame: Buffer): Asked | Refusal | null {
    const read = readClientFrame(frame);
    if (read === null || read instanceof Refusal) return read;
    if (read.type !== 'response.create') return read.models.length === 0 ? null : { models: read.models, serviceTier: read.serviceTier, startsTurn: false };
    if (read.model === null || read.model === '') return refusals.modelMissing;
    return { models: read.models, serviceTier: read.serviceTier, startsTurn: !read.isPrewarm, turnModel: read.model };
  }

  remember(asked: Asked): void {
    if (asked.turnModel === undefined) return;
    this.model = asked.turnModel;
    this.serviceTier = asked.serviceTier;
  }

  hear(frame: Buffer): Heard | null {
    if (!mentionsAny(frame, MARKERS)) return null;
    const spans = membersOf(frame, FRAME);
    if (spans === null) return null;
    const type = textAt(frame, spans[0]);
    const turn = turnOf(type);
    if (turn === null) return null;
    const reported = turn === 'ended' ? reportedResponse(frame, spans[2]) : null;
    const eventId = textAt(frame, spans[1]);
    if (reported === null || this.counted.has(eventId) || this.counted.has(reported.id)) return { turn, usage: null };
    this.counted.add(eventId);
    this.counted.add(reported.id);
    return { turn, usage: { reading: reported.reading, requestModel: this.model, requestServiceTier: this.serviceTier } };
  }
}
