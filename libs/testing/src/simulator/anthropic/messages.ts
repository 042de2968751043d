import type { Anthropic } from '@anthropic-ai/sdk';
import { z } from 'zod';
import { newId } from '../identifiers.js';
import { type Answer, jsonAnswer, readFields, type Route, type SimulatedRequest, type StreamEvent } from '../provider.js';
import { textPieces } from '../simulated-text.js';
import { messageUsage, usageAtEnd, usageAtStart } from './usage.js';

/** A message whose usage may be missing, because a caller can dictate that. */
type Message = Omit<Anthropic.Message, 'usage'> & { usage?: Anthropic.Usage };

const requestSchema = z.object({
  model: z.string().min(1),
  messages: z.array(z.unknown()).min(1),
  stream: z.boolean().nullish(),
});

const answerMessage = (request: SimulatedRequest): Answer => {
  const fields = readFields(requestSchema, request);
  const pieces = textPieces(fields.model, request.control);
  const text = pieces.join('');
  const usage = messageUsage(request, text);
  const message: Message = {
    id: newId('msg_'),
    type: 'message',
    role: 'assistant',
    model: request.control.model ?? fields.model,
    content: [{ type: 'text', text, citations: null }],
    stop_reason: request.control.finish === 'length' ? 'max_tokens' : 'end_turn',
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    ...(usage === null ? {} : { usage }),
  };
  return fields.stream ? { events: toEvents(message, pieces) } : jsonAnswer(message);
};

type MessageEvent =
  | Exclude<Anthropic.RawMessageStreamEvent, Anthropic.RawMessageStartEvent | Anthropic.RawMessageDeltaEvent>
  | { type: 'message_start'; message: Message }
  | (Omit<Anthropic.RawMessageDeltaEvent, 'usage'> & { usage?: Anthropic.MessageDeltaUsage })
  | { type: 'ping' };

const toEvents = (message: Message, pieces: string[]): StreamEvent[] => {
  const { usage, stop_reason, stop_sequence, stop_details, container } = message;
  const opening = { ...message, content: [], stop_reason: null, ...(usage ? { usage: usageAtStart(usage) } : {}) };
  const events: MessageEvent[] = [
    { type: 'message_start', message: opening },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } },
    { type: 'ping' },
    ...pieces.map((text): MessageEvent => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details, container }, ...(usage ? { usage: usageAtEnd(usage) } : {}) },
    { type: 'message_stop' },
  ];
  return events.map((event) => ({ name: event.type, data: JSON.stringify(event), isText: event.type === 'content_block_delta' }));
};

export const messages: Route = { method: 'POST', path: '/v1/messages', answer: answerMessage };
