import { type Attribution, USAGE_TOPIC, type UsageData, type UsageEvent } from '@llm-proxy/usage-schema';
import type { Caller } from '../credentials/caller.js';
import type { UsageReading } from '../providers/index.js';
import { priceAdjustmentsFor } from './price-adjustments.js';

export type Outcome = UsageData['outcome'];

/** What the event tells of the call itself. */
export interface AnsweredCall {
  readonly id: string;
  readonly route: { path: string; provider: { name: string } };
  readonly endpoint: { billable: boolean };
  readonly caller: Caller;
  readonly room: string | null;
  readonly head: { onBehalfOf: string | null; client: string | null; annotations: Record<string, string> };
  readonly facts: { model: string | null; serviceTier: string | null; priceFacts: UsageData['requestFacts'] };
  readonly upstream: { paidBy: UsageData['providerKey'] };
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** How a forwarded call ended. */
export interface CallEnd {
  outcome: Outcome;
  /** Status of the provider's answer; 0 when none came. */
  status: number;
  /** Did the provider get the whole request? */
  requestWasSent: boolean;
  transport: UsageData['transport'];
  /** Null when nothing was there to read. */
  reading: UsageReading | null;
  firstByteMs: number | null;
  durationMs: number;
  /** Milliseconds since 1970; by this time the answer is priced. */
  endedAtMs: number;
  providerRequestId: string | null;
}

const SOURCE = '/gateway';

/** Refused calls and provider errors cost nothing; a 2xx answer does, and so may one that nobody waited for. */
export const isBillable = (call: AnsweredCall, end: CallEnd): boolean =>
  call.endpoint.billable && ((end.status >= 200 && end.status < 300) || (end.status === 0 && end.outcome === 'client_disconnected' && end.requestWasSent));

/** The one event of a billable answer. */
export const toUsageEvent = (call: AnsweredCall, end: CallEnd): UsageEvent => {
  const { caller, facts, head, route } = call;
  return {
    specversion: '1.0',
    id: call.id,
    source: SOURCE,
    type: USAGE_TOPIC,
    subject: caller.project.policy.projectId,
    time: new Date(end.endedAtMs).toISOString(),
    datacontenttype: 'application/json',
    data: {
      provider: route.provider.name,
      endpoint: route.path,
      transport: end.transport,
      requestModel: facts.model,
      responseModel: end.reading?.model ?? null,
      requestServiceTier: facts.serviceTier,
      responseServiceTier: end.reading?.serviceTier ?? null,
      usage: end.reading?.usage ?? null,
      ...(end.reading?.toolUsage === undefined ? {} : { toolUsage: end.reading.toolUsage }),
      requestFacts: requestFactsOf(call, end.reading),
      providerKey: call.upstream.paidBy,
      ...priceAdjustmentsFor(caller.project.policy, route.provider.name),
      measurement: measurementOf(call, end.reading),
      outcome: end.outcome,
      status: end.status,
      providerRequestId: end.providerRequestId,
      attribution: attributionOf(caller, call.room, head),
      timings: { startedAt: new Date(call.startedAtMs).toISOString(), firstByteMs: rounded(end.firstByteMs), durationMs: rounded(end.durationMs) },
    },
  };
};

/** Who a call is charged to. */
export const attributionOf = (caller: Caller, room: string | null, head: AnsweredCall['head']): Attribution => ({
  projectId: caller.project.policy.projectId,
  credential: caller.credential,
  apiKeyId: caller.apiKeyId,
  serviceAccountId: caller.serviceAccountId,
  userId: caller.userId,
  participant: caller.participant,
  onBehalfOf: head.onBehalfOf,
  room,
  client: head.client,
  annotations: head.annotations,
});

const requestFactsOf = ({ facts }: AnsweredCall, reading: UsageReading | null): UsageData['requestFacts'] =>
  reading?.imageCount === undefined ? facts.priceFacts : { ...facts.priceFacts, imageCount: reading.imageCount };

const measurementOf = (call: AnsweredCall, reading: UsageReading | null): UsageData['measurement'] => {
  // The characters of the request are all that such a call is charged by.
  if (call.facts.priceFacts.inputCharacters !== undefined) return 'exact';
  if (reading === null) return 'missing';
  if (reading.estimated === true) return 'estimated';
  if (reading.usage === null) return reading.imageCount === undefined ? 'missing' : 'exact';
  return reading.final ? 'exact' : 'partial';
};

/** Microseconds are enough. */
const rounded = <Ms extends number | null>(ms: Ms): Ms => (ms === null ? ms : (Math.round(ms * 1_000) / 1_000)) as Ms;
