import { z } from 'zod';
import { type Answer, jsonAnswer, readFields, type Route, type SimulatedRequest } from '../provider.js';
import { inputTokensOf, reportedUsage } from '../simulated-usage.js';

type Usage = Record<string, unknown>;

const OUTPUT_TOKENS_PER_IMAGE = 272;
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const requestSchema = z.looseObject({
  model: z.string().min(1),
  n: z.coerce.number().int().min(1).max(10).nullish(),
  size: z.string().nullish(),
  quality: z.string().nullish(),
  stream: z.union([z.string(), z.boolean()]).nullish(),
});

/** @param event how the events of its stream begin */
const answerImages =
  (event: string) =>
  (request: SimulatedRequest): Answer => {
    const fields = readFields(requestSchema, request);
    const count = fields.n ?? 1;
    const common = { background: 'opaque', output_format: 'png', quality: fields.quality ?? 'medium', size: fields.size ?? '1024x1024' };
    const created = Math.floor(Date.now() / 1000);
    if (String(fields.stream) !== 'true') {
      const usage = usageOf(request, count);
      return jsonAnswer({ created, ...common, data: Array.from({ length: count }, () => ({ b64_json: PIXEL })), ...(usage === null ? {} : { usage }) });
    }
    const usage = usageOf(request, 1);
    const finished = { type: `${event}.completed`, b64_json: PIXEL, created_at: created, ...common, ...(usage === null ? {} : { usage }) };
    const partial = { type: `${event}.partial_image`, partial_image_index: 0, b64_json: PIXEL, created_at: created, ...common };
    const events = Array.from({ length: count }, () => [partial, finished]).flat();
    return { events: events.map((each) => ({ name: each.type, data: JSON.stringify(each), isText: each === partial })) };
  };

const usageOf = ({ json, control }: SimulatedRequest, count: number): Usage | null => {
  const input = inputTokensOf(json!);
  const output = OUTPUT_TOKENS_PER_IMAGE * count;
  const own: Usage = { input_tokens: input, input_tokens_details: { text_tokens: input, image_tokens: 0 }, output_tokens: output, total_tokens: input + output };
  return reportedUsage(own, control, (usage) => usage);
};

export const images: readonly Route[] = [
  { method: 'POST', path: '/v1/images/generations', answer: answerImages('image_generation') },
  { method: 'POST', path: '/v1/images/edits', answer: answerImages('image_edit') },
  { method: 'POST', path: '/v1/images/variations', answer: answerImages('image_edit') },
];
