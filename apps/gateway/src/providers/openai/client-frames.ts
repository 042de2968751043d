import { Refusal, refusals } from '../../refusals.js';
import { type Span, findTopLevel, isObjectAt, stringAt, valueAt, wantMembers } from '../../wire/json-facts.js';

/** The members of a client's frame that decide what it may cost. */
export interface ClientFrame {
  type: string | null;
  /** From `model` or `response.model`. */
  model: string | null;
  /** From `service_tier` or `response.service_tier`. */
  serviceTier: string | null;
  /** From `session.input_audio_transcription.model` or `session.audio.input.transcription.model`. */
  transcriptionModel: string | null;
  /** Every model named anywhere above, and `session.model`. */
  models: string[];
  /** `generate: false`: the provider is to get ready, not to answer. */
  isPrewarm: boolean;
}

const FRAME = wantMembers('type', 'model', 'service_tier', 'response', 'session', 'generate');
const RESPONSE = wantMembers('model', 'service_tier', 'generate');
const SESSION = wantMembers('model', 'input_audio_transcription', 'audio');
const TRANSCRIPTION = wantMembers('model');
const AUDIO = wantMembers('input');
const AUDIO_INPUT = wantMembers('transcription');

const OPEN_BRACE = 0x7b;
/** White space, NUL and the bytes of byte order marks: what may stand before an object in any encoding a JSON reader may guess. */
const BEFORE_OBJECT = new Set([0x00, 0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf, 0xfe, 0xff]);

/** False for what no provider can take for a JSON object, such as plain audio: there is nothing to check in it. */
const looksLikeObject = (frame: Buffer): boolean => {
  let at = 0;
  while (at < frame.length && BEFORE_OBJECT.has(frame[at]!)) at++;
  return frame[at] === OPEN_BRACE;
};

/**
 * Reads a frame of the client. It is never guessed from a part of it: what this reader and the provider's could see differently is
 * refused, because a policy must not be passed with one model and the call made with another.
 * @returns null when the frame is no JSON object
 */
export const readClientFrame = (frame: Buffer): ClientFrame | Refusal | null => {
  if (!looksLikeObject(frame)) return null;
  try {
    const [type, model, tier, response, session, generate] = spansOf(frame, FRAME);
    const inner = nested(frame, response);
    const [innerModel, innerTier, innerGenerate] = inner === null ? [] : spansOf(inner, RESPONSE);
    const outerModelName = stringAt(frame, model);
    const innerModelName = inner === null ? null : stringAt(inner, innerModel);
    const sessionModels = readSession(nested(frame, session));
    return {
      type: stringAt(frame, type),
      model: outerModelName ?? innerModelName,
      serviceTier: stringAt(frame, tier) ?? (inner === null ? null : stringAt(inner, innerTier)),
      transcriptionModel: sessionModels.transcription,
      models: distinct([outerModelName, innerModelName, sessionModels.model, ...sessionModels.transcriptions]),
      isPrewarm: valueAt(frame, generate) === false || (inner !== null && valueAt(inner, innerGenerate) === false),
    };
  } catch (error) {
    if (error instanceof Unreadable) return error.refusal;
    if (error instanceof SyntaxError) return refusals.frameNotJson('it is malformed');
    throw error;
  }
};

export interface SessionModels {
  model: string | null;
  transcription: string | null;
  transcriptions: string[];
}

/** Models of a `session` object, in the shapes of both Realtime versions. Throws SyntaxError or `Unreadable`. */
export const readSession = (session: Buffer | null): SessionModels => {
  if (session === null) return { model: null, transcription: null, transcriptions: [] };
  const [model, flat, audio] = spansOf(session, SESSION);
  const audioObject = nested(session, audio);
  const input = audioObject === null ? null : nested(audioObject, spansOf(audioObject, AUDIO)[0]);
  const deep = input === null ? null : nested(input, spansOf(input, AUDIO_INPUT)[0]);
  const transcriptions = distinct([modelIn(nested(session, flat)), modelIn(deep)]);
  return { model: stringAt(session, model), transcription: transcriptions[0] ?? null, transcriptions };
};

const modelIn = (transcription: Buffer | null): string | null =>
  transcription === null ? null : stringAt(transcription, spansOf(transcription, TRANSCRIPTION)[0]);

class Unreadable extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

const spansOf = (json: Buffer, wanted: Parameters<typeof findTopLevel>[1]): Span[] => {
  const found = findTopLevel(json, wanted);
  if (found.problem === null) return found.spans;
  throw new Unreadable(found.problem === 'duplicate_member' ? refusals.memberTwice(found.member ?? '') : refusals.frameNotJson(WHY[found.problem]));
};

const WHY = { not_an_object: 'it is not an object', malformed: 'it is malformed', truncated: 'it ends too early', too_deep: 'it is nested too deeply' } as const;

const nested = (json: Buffer, span: Span | undefined): Buffer | null => (isObjectAt(json, span) ? json.subarray(span.start, span.end) : null);

const distinct = (names: readonly (string | null)[]): string[] => [...new Set(names.filter((name): name is string => name !== null && name !== ''))];
