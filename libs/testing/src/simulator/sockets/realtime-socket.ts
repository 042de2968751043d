import type { ConversationItemInputAudioTranscriptionCompletedEvent, RealtimeResponse, RealtimeResponseUsage } from 'openai/resources/realtime/realtime';
import type { SimulatorControl } from '../control.js';
import { newId } from '../identifiers.js';
import type { JsonObject, StreamEvent } from '../provider.js';
import { textPieces } from '../simulated-text.js';
import { reportedUsage, tokensOfText } from '../simulated-usage.js';
import { type Conversation, event, type Handshake } from './conversation.js';

type TranscriptionUsage = ConversationItemInputAudioTranscriptionCompletedEvent['usage'];

const INPUT_TOKENS = 100;

/** `/v1/realtime`: text answers, and a transcript for each committed audio when the session asks for one. */
export const realtimeConversation = ({ query }: Handshake): Conversation => {
  const session: JsonObject = { type: 'realtime', id: newId('sess_'), object: 'realtime.session', model: query.get('model') ?? undefined };
  return {
    opening: () => [event({ type: 'session.created', event_id: newId('event_'), session })],
    answer: (frame, control) => {
      if (frame['type'] === 'session.update') {
        Object.assign(session, frame['session']);
        return [event({ type: 'session.updated', event_id: newId('event_'), session })];
      }
      if (frame['type'] === 'input_audio_buffer.commit') return committed(session, control);
      if (frame['type'] === 'response.create') return answered(String(session['model']), control);
      return [];
    },
  };
};

const committed = (session: JsonObject, control: SimulatorControl): StreamEvent[] => {
  const itemId = newId('item_');
  const done = event({ type: 'input_audio_buffer.committed', event_id: newId('event_'), item_id: itemId, previous_item_id: null });
  if (!JSON.stringify(session).includes('"transcription"')) return [done];
  const usage: TranscriptionUsage = control.transcriptionUsage === undefined ? { type: 'tokens', input_tokens: 20, output_tokens: 5, total_tokens: 25 } : (control.transcriptionUsage as unknown as TranscriptionUsage);
  const transcribed = {
    type: 'conversation.item.input_audio_transcription.completed',
    event_id: newId('event_'),
    item_id: itemId,
    content_index: 0,
    transcript: 'What was said.',
    usage,
  } satisfies ConversationItemInputAudioTranscriptionCompletedEvent;
  return [done, event(transcribed)];
};

const answered = (model: string, control: SimulatorControl): StreamEvent[] => {
  const id = newId('resp_');
  const pieces = textPieces(model, control);
  const item = { response_id: id, item_id: newId('item_'), output_index: 0, content_index: 0 };
  const started: RealtimeResponse = { id, object: 'realtime.response', status: 'in_progress', output: [] };
  const usage = realtimeUsage(pieces, control);
  const finished: RealtimeResponse = { ...started, status: 'completed', ...(usage === null ? {} : { usage }) };
  const named = control.model === undefined ? finished : { ...finished, model: control.model };
  return [
    event({ type: 'response.created', event_id: newId('event_'), response: started }),
    ...pieces.map((delta) => event({ type: 'response.output_text.delta', event_id: newId('event_'), ...item, delta }, true)),
    event({ type: 'response.output_text.done', event_id: newId('event_'), ...item, text: pieces.join('') }),
    event({ type: 'response.done', event_id: newId('event_'), response: named }),
  ];
};

const realtimeUsage = (pieces: string[], control: SimulatorControl): RealtimeResponseUsage | null => {
  const output = tokensOfText(pieces.join('').length);
  const own: RealtimeResponseUsage = {
    input_tokens: INPUT_TOKENS,
    input_token_details: { text_tokens: INPUT_TOKENS, audio_tokens: 0, image_tokens: 0, cached_tokens: 0 },
    output_tokens: output,
    output_token_details: { text_tokens: output, audio_tokens: 0 },
    total_tokens: INPUT_TOKENS + output,
  };
  return reportedUsage(own, control, (usage) => usage);
};
