import { eachElement, isObjectAt, wantMembers } from '../../wire/json-facts.js';
import type { BatchRules, Endpoint } from '../provider.js';
import { membersOf, textAt } from '../usage-object.js';
import { MessageUsage } from './usage.js';

const ROOT = '/v1/messages/batches';
const CREATE = wantMembers('requests');
const REQUEST = wantMembers('params');
const NAMED = wantMembers('model');
const BATCH = wantMembers('id', 'processing_status');
const LIST = wantMembers('data');
const LINE = wantMembers('custom_id', 'result');
const RESULT = wantMembers('type', 'message');

const partOf = (json: Buffer, span: { start: number; end: number } | undefined): Buffer | null =>
  isObjectAt(json, span) ? json.subarray(span.start, span.end) : null;

/** Every request of a batch names its own model; each is checked as if it came alone. */
const modelsIn = (body: Buffer): string[] | null => {
  const models = new Set<string | null>();
  const count = eachElement(body, membersOf(body, CREATE)?.[0], (element) => {
    const request = partOf(body, element);
    const params = request && partOf(request, membersOf(request, REQUEST)?.[0]);
    models.add((params && textAt(params, membersOf(params, NAMED)?.[0])) || null);
  });
  return count === null || count === 0 || models.has(null) ? null : ([...models] as string[]);
};

/** https://docs.claude.com/en/api/creating-message-batches and the pages after it */
export const batchEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: ROOT, billable: false, namesModel: false, modelsIn, batch: 'create' },
  { method: 'GET', path: ROOT, billable: false, namesModel: false, batch: 'list' },
  { method: 'GET', path: `${ROOT}/{id}`, billable: false, namesModel: false, batch: 'read' },
  { method: 'DELETE', path: `${ROOT}/{id}`, billable: false, namesModel: false, batch: 'delete' },
  { method: 'POST', path: `${ROOT}/{id}/cancel`, billable: false, namesModel: false, batch: 'read' },
  { method: 'GET', path: `${ROOT}/{id}/results`, billable: false, namesModel: false, batch: 'results' },
];

/** `https://api.anthropic.com/v1/messages/batches/…/results`, or whatever stands before the path. */
const RESULTS_URL = /("results_url"\s*:\s*)"[^"]*?(\/v1\/messages\/batches\/[^"]*)"/g;

export const batchRules: BatchRules = {
  billedPath: ROOT,
  headers: ['anthropic-version', '2023-06-01'],
  batchPath: (id) => `${ROOT}/${id}`,
  resultsPath: (id) => `${ROOT}/${id}/results`,
  idInPath: (path) => path.slice(ROOT.length + 1).split('/')[0]!,
  idOf: (answer) => textAt(answer, membersOf(answer, BATCH)?.[0]),
  hasEnded: (answer) => textAt(answer, membersOf(answer, BATCH)?.[1]) === 'ended',
  // SDKs fetch the results at this URL, with the caller's credential: it must lead back through the proxy. They take a path as one below their base URL.
  showAtProxy: (answer) => Buffer.from(answer.toString().replace(RESULTS_URL, '$1"$2"')),
  idsInList: (answer) => elementsOf(answer).map(({ id }) => id),
  keepInList: (answer, isKept) => {
    const list = membersOf(answer, LIST)?.[0];
    if (list === undefined || list.start < 0) return answer;
    const kept = elementsOf(answer).filter(({ id }) => isKept(id));
    const data = Buffer.from(`[${kept.map(({ json }) => json).join(',')}]`);
    return Buffer.concat([answer.subarray(0, list.start), data, answer.subarray(list.end)]);
  },
  result: (line) => {
    const spans = membersOf(line, LINE);
    const customId = spans && textAt(line, spans[0]);
    const result = spans && partOf(line, spans[1]);
    const message = result && partOf(result, membersOf(result, RESULT)?.[1]);
    if (customId === null) return null;
    const reader = new MessageUsage();
    if (message !== null) reader.body(message);
    return { customId, reading: reader.reading() };
  },
};

const elementsOf = (answer: Buffer): { id: string; json: string }[] => {
  const found: { id: string; json: string }[] = [];
  eachElement(answer, membersOf(answer, LIST)?.[0], ({ start, end }) => {
    const element = answer.subarray(start, end);
    found.push({ id: textAt(element, membersOf(element, BATCH)?.[0]) ?? '', json: element.toString() });
  });
  return found;
};
