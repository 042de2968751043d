import { z } from 'zod';
import { newId } from '../identifiers.js';
import { type Answer, jsonAnswer, type JsonObject, type Route, type SimulatedRequest } from '../provider.js';
import { ProviderFailure } from '../provider-failure.js';
import { messages } from './messages.js';

interface Batch {
  document: JsonObject & { id: string; processing_status: string };
  /** The results, one JSON object a line. */
  lines: string;
  endsAtMs: number;
}

const MAX_BATCHES = 200;
/** Batches outlive the request that made them; the oldest are forgotten. */
const batches = new Map<string, Batch>();

const requestSchema = z.object({ requests: z.array(z.object({ custom_id: z.string().min(1), params: z.record(z.string(), z.unknown()) })).min(1) });

const create = (request: SimulatedRequest): Answer => {
  const parsed = requestSchema.safeParse(request.json);
  if (!parsed.success) throw new ProviderFailure(400, `Invalid batch: ${z.prettifyError(parsed.error)}.`);
  const id = newId('msgbatch_');
  const lines = parsed.data.requests.map(({ custom_id, params }) => JSON.stringify({ custom_id, result: resultOf(params, request) }));
  const endsAtMs = Date.now() + (request.control.batchEndsAfterMs ?? 0);
  const created_at = new Date().toISOString();
  const document = {
    id,
    type: 'message_batch',
    processing_status: 'in_progress',
    request_counts: { processing: lines.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    ended_at: null,
    created_at,
    expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    archived_at: null,
    cancel_initiated_at: null,
    results_url: null,
  };
  batches.set(id, { document, lines: `${lines.join('\n')}\n`, endsAtMs });
  if (batches.size > MAX_BATCHES) batches.delete(batches.keys().next().value!);
  return jsonAnswer(document);
};

/** Each request is answered as a call of its own would be; one that would be refused is an errored result. */
const resultOf = (params: JsonObject, request: SimulatedRequest): JsonObject => {
  try {
    const answer = messages.answer({ ...request, json: { ...params, stream: false } });
    if (!('body' in answer)) throw new ProviderFailure(500, 'A batch does not stream.');
    const message = JSON.parse(answer.body) as JsonObject & { usage?: JsonObject };
    return { type: 'succeeded', message: message.usage ? { ...message, usage: { ...message.usage, service_tier: 'batch' } } : message };
  } catch (error) {
    return { type: 'errored', error: { type: 'error', error: { type: 'invalid_request_error', message: (error as Error).message } } };
  }
};

const shown = ({ document, endsAtMs, lines }: Batch): Batch['document'] => {
  if (Date.now() < endsAtMs) return document;
  const succeeded = lines.split('"type":"succeeded"').length - 1;
  const errored = lines.split('\n').length - 1 - succeeded;
  return {
    ...document,
    processing_status: 'ended',
    ended_at: new Date(endsAtMs).toISOString(),
    request_counts: { processing: 0, succeeded, errored, canceled: 0, expired: 0 },
    results_url: `https://api.anthropic.com/v1/messages/batches/${document.id}/results`,
  };
};

const PREFIX = '/v1/messages/batches/';

const find = (path: string): Batch => {
  const batch = batches.get(path.slice(PREFIX.length).split('/')[0]!);
  if (batch === undefined) throw new ProviderFailure(404, 'There is no such batch.');
  return batch;
};

const retrieve = ({ path }: SimulatedRequest): Answer => {
  const batch = find(path);
  if (!path.endsWith('/results')) return jsonAnswer(shown(batch));
  if (shown(batch).processing_status !== 'ended') throw new ProviderFailure(404, 'The batch has not ended.');
  return { status: 200, body: batch.lines, contentType: 'application/x-jsonl' };
};

const cancel = ({ path }: SimulatedRequest): Answer => {
  if (!path.endsWith('/cancel')) throw new ProviderFailure(404, `There is nothing at POST ${path}.`);
  return jsonAnswer({ ...shown(find(path)), cancel_initiated_at: new Date().toISOString() });
};

const remove = ({ path }: SimulatedRequest): Answer => {
  const { id } = find(path).document;
  batches.delete(id);
  return jsonAnswer({ id, type: 'message_batch_deleted' });
};

const list = (): Answer => {
  const data = [...batches.values()].reverse().map(shown);
  return jsonAnswer({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
};

export const messageBatches: readonly Route[] = [
  { method: 'POST', path: '/v1/messages/batches', answer: create },
  { method: 'GET', path: '/v1/messages/batches', answer: list },
  { method: 'GET', path: PREFIX, answer: retrieve },
  { method: 'POST', path: PREFIX, answer: cancel },
  { method: 'DELETE', path: PREFIX, answer: remove },
];
