import type { IncomingHttpHeaders } from 'node:http';
import { PrivateAddressError } from '@llm-proxy/platform-http';
import { type Dispatcher, errors } from 'undici';
import { type Refusal, refusals } from '../refusals.js';
import type { UsageReader } from '../providers/index.js';
import type { CallEnd, Outcome } from '../usage/usage-event.js';
import type { Call } from './call.js';
import { COST_UNREAD, type CostFields } from './cost-fields.js';
import { ErrorAnswer } from './error-answer.js';
import { KeyFilter } from './key-filter.js';
import type { CallWatch, RelayObserver } from './observer.js';
import { PricedAnswer } from './priced-answer.js';
import { refuse } from './refuse.js';
import { answerHeaders, isEventStream, isJson } from './response-head.js';
import { completeReading, textMembers } from './estimate.js';
import { UploadRefused } from './form-body.js';
import { MemberScan } from '../wire/member-scan.js';
import { DecodingTap, EditingTap, type UsageTap, createTap } from './usage-tap.js';

export interface ForwardDeps {
  /** How long, and how much, is still read from the provider when the caller has gone, so that the answer can be billed. */
  afterDisconnect: { maxMs: number; maxBytes: number };
  /** Called once for every call that was forwarded. */
  onEnd: (call: Call, end: CallEnd) => void;
  /** What a call costs that ended this way. */
  costOf: (call: Call, end: CallEnd) => CostFields;
  observer?: RelayObserver | undefined;
}

/** Sends the call upstream and the answer back. Returns at once; `onEnd` tells when it is over. */
export const forward = (deps: ForwardDeps, call: Call): void => {
  const { upstream, route, head, facts } = call;
  const watch = deps.observer?.forwarding(call) ?? null;
  const options: Dispatcher.DispatchOptions = {
    method: call.method as Dispatcher.HttpMethod,
    path: route.provider.upstreamPath(upstream.basePath, route.path) + route.query,
    headers: [...(watch === null ? head.forward : traced(head.forward, watch.traceparent)), 'accept-encoding', 'identity', ...upstream.keyHeader],
    body: Buffer.isBuffer(facts.body) && facts.body.length === 0 ? null : facts.body,
  };
  // A stream does not tell its length; when the caller has, the provider need not read chunks.
  if (!Buffer.isBuffer(facts.body) && head.contentLength !== null) (options.headers as string[]).push('content-length', String(head.contentLength));
  upstream.pool.dispatch(options, new Exchange(deps, call, watch));
};

/** The headers with our span in place of the caller's. */
const traced = (headers: string[], traceparent: string | null): string[] => {
  if (traceparent === null) return headers;
  const others = headers.filter((_, index) => headers[index - (index % 2)]!.toLowerCase() !== 'traceparent');
  return [...others, 'traceparent', traceparent];
};

/** Takes the bytes of an answer that has begun. */
interface AnswerSink {
  /** @returns false when the caller reads more slowly than it is given */
  write(bytes: Buffer): boolean;
  end(last?: Buffer): unknown;
}

/** One answer on its way from the provider to the caller. undici calls it as the bytes arrive. */
class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private reader: UsageReader | null = null;
  private tap: UsageTap | null = null;
  private tapIsAsync = false;
  private scan: MemberScan | null = null;
  private wentUpstream = false;
  private status = 0;
  private firstByteMs: number | null = null;
  private isStream = false;
  private providerRequestId: string | null = null;
  private callerGone = false;
  private bytesAfterCallerLeft = 0;
  private giveUp: NodeJS.Timeout | undefined;
  private awaitsDrain = false;
  private bodyHasBegun = false;
  private ended: Outcome | null = null;
  private end: CallEnd | null = null;
  private answerBytes = 0;
  private refusal: Refusal | null = null;
  private errorAnswer: ErrorAnswer | null = null;
  private keyFilter: KeyFilter | null = null;
  private priced: PricedAnswer | null = null;

  constructor(
    private readonly deps: ForwardDeps,
    private readonly call: Call,
    private readonly watcher: CallWatch | null,
  ) {
    call.response.on('close', () => this.onCallerClosed());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.callerGone) controller.abort(new Error('the caller left before the call went upstream'));
    else this.wentUpstream = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders, statusMessage?: string): void {
    if (status < 200) return;
    const { call } = this;
    this.status = status;
    this.firstByteMs = performance.now() - call.startedTick;
    this.isStream = isEventStream(headers);
    this.providerRequestId = textOf(headers['x-request-id']) ?? textOf(headers['request-id']);
    const hides = this.watch(headers);
    if (this.callerGone) return;
    if (status > 299) {
      // The provider may quote the key it was shown; nobody but us knows what to look for.
      this.errorAnswer = new ErrorAnswer(call.upstream.keyEcho, { status, statusMessage: statusMessage ?? '', headers });
      return;
    }
    // Errors also come inside an answer that began well.
    if (encodingOf(headers) === 'identity') this.keyFilter = new KeyFilter(call.upstream.streamedKey);
    const head = { status, statusMessage: statusMessage ?? '', headers: answerHeaders(headers, call.id, !hides) };
    if (call.head.wantsCost && call.endpoint.billable) {
      this.priced = new PricedAnswer(call.response, head, !this.isStream && isJson(headers), () => this.cost());
      return;
    }
    call.response.writeHead(head.status, head.statusMessage, head.headers);
    if (this.isStream) process.nextTick(() => this.flushHead());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.answerBytes += chunk.length;
    this.watcher?.answerChunk?.(chunk);
    if (this.errorAnswer !== null) {
      this.errorAnswer.push(chunk);
      if (this.errorAnswer.isTooLong) this.endErrorEarly(this.errorAnswer, controller);
      return;
    }
    const shown = this.tap === null ? chunk : this.tap.push(chunk);
    if (this.callerGone) {
      this.bytesAfterCallerLeft += chunk.length;
      if (this.bytesAfterCallerLeft > this.deps.afterDisconnect.maxBytes) controller.abort(new Error('the caller left and the answer is too long to read on'));
      return;
    }
    const sent = this.keyFilter === null ? shown : this.keyFilter.push(shown);
    if (sent.length === 0) return;
    this.bodyHasBegun = true;
    if (!this.sink.write(sent)) this.waitForCaller(controller);
  }

  onResponseEnd(): void {
    const rest = this.tap?.end(true);
    if (!(rest instanceof Promise)) return this.close(rest);
    rest.then(
      (bytes) => this.close(bytes),
      () => {
        this.call.response.destroy();
        this.finish('upstream_interrupted');
      },
    );
  }

  private close(rest: Buffer | undefined): void {
    if (this.errorAnswer !== null) this.sendError(this.errorAnswer);
    // Before the last byte is out: who has a whole answer may count on its event being noted, even if this process is killed at that moment.
    this.finish(this.callerGone ? 'client_disconnected' : 'completed');
    if (this.errorAnswer !== null || this.callerGone) return;
    const last = this.keyFilter === null ? rest : this.keyFilter.end(rest);
    if (last !== undefined && last.length > 0) this.sink.end(last);
    else this.sink.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { call } = this;
    void this.tap?.end(false);
    if (!this.callerGone && this.refusal === null) {
      if (call.response.headersSent || this.priced !== null) call.response.destroy();
      else this.refuse(refusalFor(error, call.route.provider.title));
    }
    this.finish(this.callerGone ? 'client_disconnected' : 'upstream_interrupted');
  }

  /** What came together with the head goes out together with it; a head that came alone does not wait. */
  private flushHead(): void {
    const { response } = this.call;
    if (!this.bodyHasBegun && !response.writableEnded && !response.destroyed) response.flushHeaders();
  }

  private get sink(): AnswerSink {
    return this.priced ?? this.call.response;
  }

  /** A decoder may still have to read what was sent. */
  private cost(): CostFields {
    return this.tapIsAsync ? COST_UNREAD : this.deps.costOf(this.call, this.endAs('completed'));
  }

  /** An answer with an error status goes out whole, once it was looked through. */
  private sendError(answer: ErrorAnswer): void {
    if (this.callerGone) return;
    const { call } = this;
    const shown = answer.withoutKey();
    if (shown === null) return this.refuse(refusals.providerErrorUnreadable(call.route.provider.title, this.status));
    call.response.writeHead(this.status, shown.statusMessage, answerHeaders(shown.headers, call.id, true));
    call.response.end(shown.body);
  }

  /** What will not be shown need not be read. */
  private endErrorEarly(answer: ErrorAnswer, controller: Dispatcher.DispatchController): void {
    this.sendError(answer);
    controller.abort(new Error('the error is too long'));
  }

  private refuse(refusal: Refusal): void {
    this.refusal = refusal;
    refuse(this.call.response, this.call.route.provider, refusal, this.call.id);
  }

  /** @returns true when the caller will get fewer bytes than the provider sends */
  private watch(headers: IncomingHttpHeaders): boolean {
    const { endpoint, facts, specialTap } = this.call;
    if (this.status > 299) return false;
    const encoding = encodingOf(headers);
    // The list is asked for unencoded; an encoded one cannot be filtered, and so is not shown.
    if (specialTap instanceof EditingTap && specialTap.edits === 'always' && encoding !== 'identity') throw new Error('an answer that has to be edited came encoded');
    if (specialTap !== null && encoding === 'identity') {
      this.tap = specialTap;
      return specialTap instanceof EditingTap;
    }
    if (endpoint.usageReader === undefined) return false;
    this.reader = endpoint.usageReader();
    this.scan = new MemberScan(endpoint.estimate === undefined ? [] : textMembers(endpoint.estimate, this.isStream));
    // Sound and the like: nothing to read in it.
    if (!this.isStream && !isJson(headers)) return false;
    if (encoding === 'identity') {
      this.tap = createTap(this.reader, this.isStream, facts.hideUsage, this.scan);
      return this.isStream && facts.hideUsage;
    }
    if (DecodingTap.supports(encoding)) {
      this.tapIsAsync = true;
      this.tap = new DecodingTap(encoding, createTap(this.reader, this.isStream, false, this.scan), () => this.report());
    }
    return false;
  }

  private waitForCaller(controller: Dispatcher.DispatchController): void {
    controller.pause();
    if (this.awaitsDrain) return;
    this.awaitsDrain = true;
    this.call.response.once('drain', () => {
      this.awaitsDrain = false;
      controller.resume();
    });
  }

  private onCallerClosed(): void {
    if (this.ended !== null || this.call.response.writableFinished) return;
    this.callerGone = true;
    if (this.controller === undefined) return;
    if (!this.call.endpoint.billable) {
      this.controller.abort(new Error('the caller left'));
      return;
    }
    // The provider charges for the whole answer, so the whole answer is read.
    this.controller.resume();
    this.giveUp = setTimeout(() => this.controller!.abort(new Error('the caller left and the answer took too long')), this.deps.afterDisconnect.maxMs);
  }

  private finish(outcome: Outcome): void {
    if (this.ended !== null) return;
    this.ended = outcome;
    clearTimeout(this.giveUp);
    if (!this.tapIsAsync) this.report();
  }

  private report(): void {
    // A decoder that fails in mid-stream reports before the answer is over; what it read so far is what there is.
    if (this.ended === null) {
      this.tapIsAsync = false;
      return;
    }
    const end = this.endAs(this.ended);
    this.deps.onEnd(this.call, end);
    this.watcher?.ended({ ...end, answerBytes: this.answerBytes, refusal: this.refusal });
  }

  /** Made once, so that what the caller is told and what is charged are of the same moment. */
  private endAs(outcome: Outcome): CallEnd {
    const { facts } = this.call;
    this.end ??= {
      outcome,
      requestWasSent: this.wentUpstream && (Buffer.isBuffer(facts.body) || facts.body.readableEnded),
      status: this.status,
      transport: this.isStream ? 'sse' : 'http',
      reading: completeReading(this.call, outcome, this.reader?.reading() ?? null, this.scan?.textBytes ?? 0),
      firstByteMs: this.firstByteMs,
      durationMs: performance.now() - this.call.startedTick,
      endedAtMs: Date.now(),
      providerRequestId: this.providerRequestId,
    };
    return this.end;
  }
}

const encodingOf = (headers: IncomingHttpHeaders): string => textOf(headers['content-encoding']) ?? 'identity';

const textOf = (value: string | string[] | undefined): string | null => (Array.isArray(value) ? (value[0] ?? null) : (value ?? null));

const refusalFor = (error: Error, title: string) => {
  if (error instanceof PrivateAddressError) return refusals.providerAddressForbidden(title);
  if (error instanceof UploadRefused) return error.refusal;
  const isTimeout = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError || error instanceof errors.ConnectTimeoutError;
  return isTimeout ? refusals.providerTimeout(title) : refusals.providerUnreachable(title);
};
