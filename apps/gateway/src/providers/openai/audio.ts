import { refusals } from '../../refusals.js';
import { wantMembers } from '../../wire/json-facts.js';
import type { Endpoint, FieldText, UsageReading } from '../provider.js';
import { membersOf, textAt } from '../usage-object.js';
import { tokensOf } from '../text-estimate.js';
import { AnswerUsage } from './usage.js';

type Rules = Pick<Endpoint, 'usageReader' | 'fields' | 'estimate'>;

/** Models that are charged by the characters they are given; the others by tokens. */
const isChargedByCharacters = (model: string | null): boolean => model !== null && /^tts-1(-|$)/.test(model);

/** A character is a code point, not half of a surrogate pair. */
const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** The list price of 0.015 $ a minute at 12 $ a million is 1,250 audio tokens a minute; a minute of speech is about 900 characters. */
const AUDIO_TOKENS_PER_CHARACTER = 1_250 / 900;

const SPEECH = wantMembers('model', 'input');

/** The answer is sound. Only an event stream (`stream_format: "sse"`) reports tokens; for models charged by them anything else is estimated. */
export const speech: Rules = {
  usageReader: () => new AnswerUsage(),
  fields: {
    wanted: SPEECH,
    facts: (field) => (isChargedByCharacters(field('model')) ? { inputCharacters: codePoints(field('input') ?? '') } : {}),
  },
  estimate: {
    answerText: [],
    always: true,
    usage: (request) => {
      const [model, input] = membersOf(request, SPEECH) ?? [];
      const text = textAt(request, input);
      if (text === null || isChargedByCharacters(textAt(request, model))) return null;
      return {
        input_tokens: tokensOf(Buffer.byteLength(text)),
        output_tokens_details: { audio_tokens: Math.ceil(codePoints(text) * AUDIO_TOKENS_PER_CHARACTER) },
      };
    },
  },
};

/** Plain text and subtitles say nothing of tokens or minutes, and the audio alone does not either. */
const UNMETERABLE_FORMATS = new Set(['text', 'srt', 'vtt']);

const unmeterableFormat = (field: FieldText) => {
  const format = field('response_format')?.trim().toLowerCase();
  return format !== undefined && UNMETERABLE_FORMATS.has(format) ? refusals.unmeterableFormat(format) : null;
};

const DURATION = wantMembers('usage', 'duration');

/** Tokens or seconds in `usage`; older answers have but the length of the audio (`verbose_json`). */
class TranscriptionUsage extends AnswerUsage {
  private seconds: number | null = null;

  override body(json: Buffer): void {
    super.body(json);
    const spans = membersOf(json, DURATION);
    if (spans !== null && spans[0]!.start < 0) this.seconds = secondsOf(json.toString('latin1', spans[1]!.start, spans[1]!.end));
  }

  override reading(): UsageReading {
    const reading = super.reading();
    if (reading.usage !== null || this.seconds === null) return reading;
    return { ...reading, usage: { type: 'duration', seconds: this.seconds }, final: true };
  }
}

/** A number, or a number in quotes, as older answers have it. */
const secondsOf = (text: string): number | null => {
  const seconds = Number(text.replace(/^"|"$/g, '') || NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
};

export const transcription: Rules = {
  usageReader: () => new TranscriptionUsage(),
  fields: { wanted: wantMembers('response_format'), problem: unmeterableFormat },
};

