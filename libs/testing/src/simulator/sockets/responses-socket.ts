import { newId } from '../identifiers.js';
import { responses } from '../openai/responses.js';
import type { SimulatorControl } from '../control.js';
import type { JsonObject, StreamEvent } from '../provider.js';
import { ProviderFailure } from '../provider-failure.js';
import type { Conversation } from './conversation.js';

/** `/v1/responses`: the events of the HTTP stream, one a frame. */
export const responsesConversation = (): Conversation => ({
  opening: () => [],
  answer: (frame, control) => {
    if (frame['type'] !== 'response.create') throw new ProviderFailure(400, `Unknown event type ${String(frame['type'])}.`);
    const fields = isObject(frame['response']) ? { ...frame, ...frame['response'] } : frame;
    const events = streamed(fields, control);
    return fields['generate'] === false ? prewarmed(events, control) : events;
  },
});

const streamed = (fields: Readonly<JsonObject>, control: SimulatorControl): StreamEvent[] => {
  const request = { method: 'POST', path: responses.path, headers: {}, json: { ...fields, stream: true }, control, requestId: newId('req_') };
  const answer = responses.answer(request);
  if (!('events' in answer)) throw new ProviderFailure(500, 'The simulator answered a stream with a body.');
  return answer.events;
};

/** Getting ready produces nothing, and costs nothing unless a usage is dictated. */
const prewarmed = (events: StreamEvent[], { usage }: SimulatorControl): StreamEvent[] => {
  const first = events[0]!;
  const last = JSON.parse(events.at(-1)!.data) as { response: JsonObject };
  const response: JsonObject = { ...last.response, output: [] };
  if (usage === undefined) response['usage'] = null;
  return [first, { data: JSON.stringify({ ...last, response }) }];
};

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
