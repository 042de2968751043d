import type { Readable } from 'node:stream';
import type { Endpoint, FieldText, RequestFactsOfPrice } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import { type Span, findTopLevel, isObjectAt, isWritten, stringAt, valueAt, wantMembers } from '../wire/json-facts.js';

/** The few things the proxy must know of a request body, and the bytes that go upstream. */
export interface RequestFacts {
  model: string | null;
  /** Of a body that names many; empty otherwise. */
  models: readonly string[];
  stream: boolean;
  serviceTier: string | null;
  /** What prices need to know of the request; of a form it is complete when the form is. */
  priceFacts: RequestFactsOfPrice;
  /** The caller's bytes, unless usage had to be asked for; a form as it comes. */
  body: Buffer | Readable;
  /** The caller did not ask for the usage chunk that will come. */
  hideUsage: boolean;
}

type JsonFacts = RequestFacts & { body: Buffer };

const NO_MODELS: readonly string[] = Object.freeze([]);
const NO_PRICE_FACTS: RequestFactsOfPrice = Object.freeze({});

const WANTED = wantMembers('model', 'stream', 'service_tier', 'stream_options');

const WHY = {
  not_an_object: 'it is not an object',
  malformed: 'it is malformed',
  truncated: 'it ends too early',
  too_deep: 'it is nested too deeply',
} as const;

/** Reads the facts of a body that must name a model. */
export const readRequestFacts = (body: Buffer, endpoint: Endpoint): RequestFacts | Refusal => {
  const found = findTopLevel(body, WANTED);
  if (found.problem === 'duplicate_member') return refusals.memberTwice(found.member ?? '');
  if (found.problem !== null) return refusals.bodyNotJson(WHY[found.problem]);
  const [model, stream, tier, options] = found.spans;
  try {
    const name = stringAt(body, model);
    if (name === null || name === '') return refusals.modelMissing;
    const ruled = endpoint.fields === undefined ? NO_PRICE_FACTS : readFields(body, endpoint.fields);
    if (ruled instanceof Refusal) return ruled;
    const facts: JsonFacts = {
      model: name,
      models: NO_MODELS,
      stream: isWritten(body, stream, TRUE),
      serviceTier: stringAt(body, tier),
      priceFacts: ruled,
      body,
      hideUsage: false,
    };
    return endpoint.usageOnRequest === true && facts.stream ? askForUsage(facts, options!, found.firstMember) : facts;
  } catch {
    return refusals.bodyNotJson(WHY.malformed);
  }
};

const readFields = (body: Buffer, rule: NonNullable<Endpoint['fields']>): RequestFactsOfPrice | Refusal => {
  const found = findTopLevel(body, rule.wanted);
  if (found.problem === 'duplicate_member') return refusals.memberTwice(found.member ?? '');
  if (found.problem !== null) return refusals.bodyNotJson(WHY[found.problem]);
  const field: FieldText = (name) => stringAt(body, found.spans[rule.wanted.names.indexOf(name)]);
  return rule.problem?.(field) ?? rule.facts?.(field) ?? NO_PRICE_FACTS;
};

const TRUE = Buffer.from('true');
/** As the official SDKs write it. */
const ASKED = Buffer.from('{"include_usage":true}');
const ASK = Buffer.from('"stream_options":{"include_usage":true},');

/** Adds `stream_options.include_usage` by splicing bytes: everything else of the body stays as the caller wrote it. */
const askForUsage = (facts: JsonFacts, span: Span, firstMember: number): JsonFacts => {
  const { body } = facts;
  if (isWritten(body, span, ASKED)) return facts;
  const options = valueAt(body, span) as { include_usage?: unknown } | null | undefined;
  if (options?.include_usage === true) return facts;
  if (options === undefined) return { ...facts, hideUsage: true, body: Buffer.concat([body.subarray(0, firstMember), ASK, body.subarray(firstMember)]) };
  const asked = Buffer.from(JSON.stringify({ ...(isObjectAt(body, span) ? options : {}), include_usage: true }));
  return { ...facts, hideUsage: true, body: Buffer.concat([body.subarray(0, span.start), asked, body.subarray(span.end)]) };
};

/** For requests that name no model, such as the list of models, or many. */
export const withoutFacts = (body: Buffer, models: readonly string[] = NO_MODELS): RequestFacts => ({
  model: null,
  models,
  stream: false,
  serviceTier: null,
  priceFacts: NO_PRICE_FACTS,
  body,
  hideUsage: false,
});
