import type { Endpoint } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import { type Span, findTopLevel, isObjectAt, stringAt, valueAt, wantMembers } from '../wire/json-facts.js';

/** The few things the proxy must know of a request body, and the bytes that go upstream. */
export interface RequestFacts {
  model: string | null;
  stream: boolean;
  serviceTier: string | null;
  /** The caller's bytes, unless usage had to be asked for. */
  body: Buffer;
  /** The caller did not ask for the usage chunk that will come. */
  hideUsage: boolean;
}

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
    const facts: RequestFacts = { model: name, stream: valueAt(body, stream) === true, serviceTier: stringAt(body, tier), body, hideUsage: false };
    return endpoint.usageOnRequest === true && facts.stream ? askForUsage(facts, options!, found.firstMember) : facts;
  } catch {
    return refusals.bodyNotJson(WHY.malformed);
  }
};

const ASK = Buffer.from('"stream_options":{"include_usage":true},');

/** Adds `stream_options.include_usage` by splicing bytes: everything else of the body stays as the caller wrote it. */
const askForUsage = (facts: RequestFacts, span: Span, firstMember: number): RequestFacts => {
  const { body } = facts;
  const options = valueAt(body, span) as { include_usage?: unknown } | null | undefined;
  if (options?.include_usage === true) return facts;
  if (options === undefined) return { ...facts, hideUsage: true, body: Buffer.concat([body.subarray(0, firstMember), ASK, body.subarray(firstMember)]) };
  const asked = Buffer.from(JSON.stringify({ ...(isObjectAt(body, span) ? options : {}), include_usage: true }));
  return { ...facts, hideUsage: true, body: Buffer.concat([body.subarray(0, span.start), asked, body.subarray(span.end)]) };
};

/** For requests that name no model, such as the list of models. */
export const withoutFacts = (body: Buffer): RequestFacts => ({ model: null, stream: false, serviceTier: null, body, hideUsage: false });
