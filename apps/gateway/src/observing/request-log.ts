import { StringDecoder } from 'node:string_decoder';
import { type Logger, withoutRedaction } from '@llm-proxy/platform-logging';
import type { Call } from '../relay/call.js';
import type { ArrivedRequest, CallWatch, EndedSocket, RefusedRequest, RelayObserver, WatchedEnd } from '../relay/observer.js';
import { headersWithoutSecrets, withoutSecrets } from './secrets.js';

export type LoggedDetail = 'summary' | 'bodies';

/** Longest body in a record, in characters. */
const MAX_BODY_CHARACTERS = 128_000;
/** Kept on top, so that a key that stands across the cut is whole when it is looked for. */
const BEYOND_CUT = 4_096;
const MAX_UTF8_BYTES = 4;
const MAX_NAME_CHARACTERS = 256;

/** One line for every request of the relay, when it is over. Never a credential; bodies only when they are asked for. */
export class RequestLog implements RelayObserver {
  private readonly logger: Logger;

  constructor(
    logger: Logger,
    private readonly detail: LoggedDetail,
  ) {
    // Every field here is chosen or redacted by hand; searching the record once more would be most of its cost.
    this.logger = withoutRedaction(logger);
  }

  forwarding(call: Call): CallWatch {
    if (this.detail === 'summary') return { traceparent: null, answerChunk: null, ended: (end) => this.logger.info(finished(call, end), 'call') };
    const answer = new BodyStart();
    return {
      traceparent: null,
      answerChunk: (chunk) => answer.push(chunk),
      ended: (end) => this.logger.info({ ...finished(call, end), ...bodies(call, answer) }, 'call'),
    };
  }

  refused(refused: RefusedRequest): void {
    const { refusal } = refused;
    this.logger.info({ ...arrived(refused), status: refusal.status, outcome: 'refused', code: refusal.code, durationMs: since(refused) }, 'call');
  }

  socketEnded(socket: EndedSocket): void {
    const { room, status, outcome, clientCode, providerCode, usageEvents } = socket;
    this.logger.info({ ...arrived(socket), room, transport: 'websocket', status, outcome, clientCode, providerCode, usageEvents, durationMs: since(socket) }, 'call');
  }
}

const arrived = ({ id, request, provider, endpoint, caller, model }: ArrivedRequest) => ({
  requestId: id,
  method: request.method,
  route: endpoint,
  provider: provider.name,
  model: model === null ? null : withoutSecrets(model.slice(0, MAX_NAME_CHARACTERS)),
  project: caller?.project.policy.projectId ?? null,
});

const since = ({ startedTick }: ArrivedRequest): number => rounded(performance.now() - startedTick);

const finished = ({ id, method, endpoint, route, head, facts, caller, room }: Call, end: WatchedEnd) => ({
  requestId: id,
  method,
  route: endpoint.path,
  status: end.refusal?.status ?? end.status,
  provider: route.provider.name,
  model: facts.model,
  project: caller.project.policy.projectId,
  room,
  outcome: end.outcome,
  code: end.refusal?.code,
  transport: end.transport,
  firstByteMs: end.firstByteMs === null ? null : rounded(end.firstByteMs),
  durationMs: rounded(end.durationMs),
  requestBytes: Buffer.isBuffer(facts.body) ? facts.body.length : head.contentLength,
  answerBytes: end.answerBytes,
  providerRequestId: end.providerRequestId === null ? null : withoutSecrets(end.providerRequestId),
});

const bodies = ({ head, facts, upstream }: Call, answer: BodyStart) => {
  // An error may quote the provider's key, and not every provider's keys look like one.
  return { requestHeaders: headersWithoutSecrets(head.forward), requestBody: Buffer.isBuffer(facts.body) ? startOf(facts.body) : NOT_KEPT, answerBody: upstream.keyEcho.redact(answer.text()) };
};

/** A form goes upstream as it comes. */
const NOT_KEPT = '(a form, not kept)';

const startOf = (body: Buffer): string => {
  const start = new BodyStart();
  start.push(body);
  return start.text();
};

/** The beginning of a body, as far as the log shows it. */
class BodyStart {
  private readonly decoder = new StringDecoder('utf8');
  private kept = '';
  private isCut = false;

  push(chunk: Buffer): void {
    const missing = MAX_BODY_CHARACTERS + BEYOND_CUT - this.kept.length;
    if (missing <= 0) return;
    this.kept += this.decoder.write(chunk.subarray(0, missing * MAX_UTF8_BYTES));
    this.isCut ||= this.kept.length > MAX_BODY_CHARACTERS;
  }

  /** Redacted before it is cut, so that no half of a key survives at the end. */
  text(): string {
    if (/[\0\ufffd]/.test(this.kept)) return '(not text)';
    const text = withoutSecrets(this.kept);
    return this.isCut ? `${text.slice(0, MAX_BODY_CHARACTERS)}… (cut)` : text;
  }
}

/** Microseconds are enough. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;
