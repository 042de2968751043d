import type { OpenAI } from 'openai';
import { z } from 'zod';
import { newId } from '../identifiers.js';
import { type Answer, jsonAnswer, readFields, type Route, type SimulatedRequest, type StreamEvent } from '../provider.js';
import { textPieces } from '../simulated-text.js';
import { inputTokensOf, reportedUsage, tokensOfText } from '../simulated-usage.js';
import { servedTier } from './service-tier.js';

/** `output_text` is a convenience of the SDK and never on the wire. */
type WireResponse = Omit<OpenAI.Responses.Response, 'output_text'>;
type OnWire<Event> = Event extends { response: OpenAI.Responses.Response } ? Omit<Event, 'response'> & { response: WireResponse } : Event;
type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;
type ResponseEvent = Unnumbered<OnWire<OpenAI.Responses.ResponseStreamEvent>>;
type Usage = OpenAI.Responses.ResponseUsage;

/** What the answer repeats from the request is passed through unchecked. */
const requestSchema = z.looseObject({
  model: z.string().min(1),
  input: z.unknown(),
  stream: z.boolean().nullish(),
  service_tier: z.string().nullish(),
});

type RequestFields = z.infer<typeof requestSchema>;

const answerResponse = (request: SimulatedRequest): Answer => {
  const fields = readFields(requestSchema, request);
  const pieces = textPieces(fields.model, request.control);
  const started = startedResponse(fields, request);
  const message = finishedMessage(pieces.join(''), request);
  const finished = finishedResponse(started, message, request, pieces);
  return fields.stream ? { events: numbered(streamOf(started, finished, message, pieces)) } : jsonAnswer(finished);
};

const startedResponse = (fields: RequestFields, { control }: SimulatedRequest): WireResponse => {
  const echo = <Field extends keyof WireResponse>(field: Field, otherwise: WireResponse[Field]): WireResponse[Field] =>
    (fields[field] as WireResponse[Field] | undefined) ?? otherwise;
  return {
    id: newId('resp_'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: echo('instructions', null),
    max_output_tokens: echo('max_output_tokens', null),
    max_tool_calls: echo('max_tool_calls', null),
    model: control.model ?? fields.model,
    output: [],
    parallel_tool_calls: echo('parallel_tool_calls', true),
    previous_response_id: echo('previous_response_id', null),
    prompt_cache_key: echo('prompt_cache_key', null),
    reasoning: echo('reasoning', { effort: null, summary: null }),
    safety_identifier: echo('safety_identifier', null),
    service_tier: servedTier<NonNullable<WireResponse['service_tier']>>(fields.service_tier, control),
    temperature: echo('temperature', 1),
    text: echo('text', { format: { type: 'text' }, verbosity: 'medium' }),
    tool_choice: echo('tool_choice', 'auto'),
    tools: echo('tools', []),
    top_logprobs: echo('top_logprobs', 0),
    top_p: echo('top_p', 1),
    truncation: echo('truncation', 'disabled'),
    access_programs: null,
    metadata: echo('metadata', {}),
  };
};

const finishedMessage = (text: string, { control }: SimulatedRequest): OpenAI.Responses.ResponseOutputMessage => ({
  id: newId('msg_'),
  type: 'message',
  role: 'assistant',
  status: control.finish === 'length' ? 'incomplete' : 'completed',
  content: [textPart(text)],
});

const textPart = (text: string): OpenAI.Responses.ResponseOutputText => ({ type: 'output_text', text, annotations: [], logprobs: [] });

const finishedResponse = (
  started: WireResponse,
  message: OpenAI.Responses.ResponseOutputMessage,
  request: SimulatedRequest,
  pieces: string[],
): WireResponse => {
  const usage = responseUsage(request, pieces);
  const isCut = request.control.finish === 'length';
  return {
    ...started,
    status: isCut ? 'incomplete' : 'completed',
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    completed_at: isCut ? null : started.created_at,
    output: [...imageCalls(request), message],
    ...(usage === null ? {} : { usage }),
  };
};

/** Its `usage` is on the wire, and not in the SDK's type. */
const imageCalls = ({ control }: SimulatedRequest): OpenAI.Responses.ResponseOutputItem.ImageGenerationCall[] =>
  control.imageToolUsage === undefined
    ? []
    : [Object.assign({ id: newId('ig_'), type: 'image_generation_call' as const, status: 'completed' as const, result: 'c2ltdWxhdGVk' }, { usage: control.imageToolUsage })];

const streamOf = (
  started: WireResponse,
  finished: WireResponse,
  message: OpenAI.Responses.ResponseOutputMessage,
  pieces: string[],
): ResponseEvent[] => {
  const item = { output_index: 0, item_id: message.id, content_index: 0 };
  const text = pieces.join('');
  return [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    { type: 'response.output_item.added', output_index: 0, item: { ...message, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...item, part: textPart('') },
    ...pieces.map((delta): ResponseEvent => ({ type: 'response.output_text.delta', ...item, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...item, text, logprobs: [] },
    { type: 'response.content_part.done', ...item, part: textPart(text) },
    { type: 'response.output_item.done', output_index: 0, item: message },
    { type: finished.status === 'incomplete' ? 'response.incomplete' : 'response.completed', response: finished },
  ];
};

const numbered = (events: ResponseEvent[]): StreamEvent[] =>
  events.map((event, index) => {
    const { type, ...rest } = event;
    return { name: type, data: JSON.stringify({ type, sequence_number: index, ...rest }), isText: type === 'response.output_text.delta' };
  });

const responseUsage = ({ json, control }: SimulatedRequest, pieces: string[]): Usage | null => {
  const input = inputTokensOf(json!);
  const output = tokensOfText(pieces.join('').length);
  const own: Usage = {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
  return reportedUsage(own, control, (usage, dictated) =>
    'total_tokens' in dictated ? usage : { ...usage, total_tokens: usage.input_tokens + usage.output_tokens },
  );
};

export const responses: Route = { method: 'POST', path: '/v1/responses', answer: answerResponse };
