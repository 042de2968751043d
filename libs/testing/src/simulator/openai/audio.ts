import { z } from 'zod';
import { type Answer, jsonAnswer, readFields, type Route, type SimulatedRequest, type StreamEvent } from '../provider.js';
import { textPieces } from '../simulated-text.js';
import { reportedUsage, tokensOfText } from '../simulated-usage.js';

type Usage = Record<string, unknown>;

/** Every recording that the simulator hears has this length. */
const SECONDS = 9;
const AUDIO_TOKENS_PER_SECOND = 10;

const speechSchema = z.object({ model: z.string().min(1), input: z.string(), stream_format: z.enum(['audio', 'sse']).nullish() });

const answerSpeech = (request: SimulatedRequest): Answer => {
  const fields = readFields(speechSchema, request);
  if (fields.stream_format !== 'sse') return { status: 200, body: 'simulated sound', contentType: 'audio/mpeg' };
  const input = tokensOfText(fields.input.length);
  const usage = reportedUsage<Usage>({ input_tokens: input, output_tokens: 2 * input, total_tokens: 3 * input }, request.control, (reported) => reported);
  const audio = Buffer.from('simulated sound').toString('base64');
  const events: Usage[] = [{ type: 'speech.audio.delta', audio }, { type: 'speech.audio.done', ...(usage === null ? {} : { usage }) }];
  return { events: events.map((event) => ({ data: JSON.stringify(event), isText: event['type'] === 'speech.audio.delta' })) };
};

const transcriptionSchema = z.looseObject({ model: z.string().min(1), response_format: z.string().nullish(), stream: z.union([z.string(), z.boolean()]).nullish() });

/** Whisper and its kin are charged by the minute, the others by tokens. */
const usageOf = (model: string, text: string, { control }: SimulatedRequest): Usage | null => {
  const output = tokensOfText(text.length);
  const input = SECONDS * AUDIO_TOKENS_PER_SECOND;
  const own: Usage = /whisper|^gpt-transcribe/.test(model)
    ? { type: 'duration', seconds: SECONDS }
    : { type: 'tokens', input_tokens: input, input_token_details: { text_tokens: 0, audio_tokens: input }, output_tokens: output, total_tokens: input + output };
  return reportedUsage(own, control, (usage) => usage);
};

const answerTranscription = (request: SimulatedRequest): Answer => {
  const fields = readFields(transcriptionSchema, request);
  const pieces = textPieces(fields.model, request.control);
  const text = pieces.join('');
  const usage = usageOf(fields.model, text, request);
  const reported = usage === null ? {} : { usage };
  if (String(fields.stream) === 'true') return { events: transcriptEvents(pieces, { type: 'transcript.text.done', text, ...reported }) };
  if (fields.response_format === 'verbose_json') return jsonAnswer({ task: 'transcribe', language: 'english', duration: SECONDS, text, segments: [], ...reported });
  if (fields.response_format == null || fields.response_format === 'json') return jsonAnswer({ text, ...reported });
  return { status: 200, body: `${text}\n`, contentType: 'text/plain; charset=utf-8' };
};

const transcriptEvents = (pieces: string[], done: Usage): StreamEvent[] => [
  ...pieces.map((delta) => ({ data: JSON.stringify({ type: 'transcript.text.delta', delta }), isText: true })),
  { data: JSON.stringify(done) },
];

export const speech: Route = { method: 'POST', path: '/v1/audio/speech', answer: answerSpeech };
export const transcriptions: Route = { method: 'POST', path: '/v1/audio/transcriptions', answer: answerTranscription };
export const translations: Route = { method: 'POST', path: '/v1/audio/translations', answer: answerTranscription };
