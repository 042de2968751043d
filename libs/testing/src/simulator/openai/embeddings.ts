import type { OpenAI } from 'openai';
import { z } from 'zod';
import { type Answer, readFields, type Route, type SimulatedRequest } from '../provider.js';
import { inputTokensOf, reportedUsage } from '../simulated-usage.js';

type Usage = OpenAI.CreateEmbeddingResponse.Usage;

const MAX_DIMENSIONS = 3072;

const requestSchema = z.object({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.unknown()).min(1).max(2048)]),
  dimensions: z.int().min(1).max(MAX_DIMENSIONS).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
});

const answerEmbeddings = (request: SimulatedRequest): Answer => {
  const fields = readFields(requestSchema, request);
  const dimensions = fields.dimensions ?? (fields.model === 'text-embedding-3-large' ? MAX_DIMENSIONS : 1536);
  const vector = vectorText(dimensions, fields.encoding_format ?? 'float');
  const items = Array.from({ length: inputCount(fields.input) }, (_, index) => `{"object":"embedding","index":${index},"embedding":${vector}}`);
  const model = JSON.stringify(request.control.model ?? fields.model);
  const usage = embeddingUsage(request);
  const usageField = usage === null ? '' : `,"usage":${JSON.stringify(usage)}`;
  return { status: 200, body: `{"object":"list","data":[${items.join(',')}],"model":${model}${usageField}}` };
};

/** An array of numbers is one tokenised input; any other array is a list of inputs. */
const inputCount = (input: string | unknown[]): number => (typeof input === 'string' || typeof input[0] === 'number' ? 1 : input.length);

const vectorTexts = new Map<string, string>();

/** The same unit vector for every input, as JSON: a vector of this size takes a millisecond to write, so it is written once. */
const vectorText = (dimensions: number, format: 'float' | 'base64'): string => {
  const key = `${format} ${dimensions}`;
  const known = vectorTexts.get(key);
  if (known !== undefined) return known;
  const vector = Float32Array.from({ length: dimensions }, (_, index) => (index % 2 === 0 ? 1 : -1) / Math.sqrt(dimensions));
  const text = JSON.stringify(format === 'float' ? [...vector] : Buffer.from(vector.buffer).toString('base64'));
  if (vectorTexts.size >= 16) vectorTexts.clear();
  vectorTexts.set(key, text);
  return text;
};

const embeddingUsage = ({ json, control }: SimulatedRequest): Usage | null => {
  const tokens = inputTokensOf(json!);
  return reportedUsage<Usage>({ prompt_tokens: tokens, total_tokens: tokens }, control, (usage, dictated) =>
    'total_tokens' in dictated ? usage : { ...usage, total_tokens: usage.prompt_tokens },
  );
};

export const embeddings: Route = { method: 'POST', path: '/v1/embeddings', answer: answerEmbeddings };
