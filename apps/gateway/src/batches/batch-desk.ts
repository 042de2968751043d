import type { Logger } from '@llm-proxy/platform-logging';
import type { Attribution, UsageData } from '@llm-proxy/usage-schema';
import { setTimeout as delay } from 'node:timers/promises';
import type { BatchRules, Endpoint, Provider } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import { EditingTap, type UsageTap } from '../relay/usage-tap.js';
import type { Upstream } from '../relay/upstreams.js';
import { withPriceAdjustments } from '../usage/price-adjustments.js';
import type { UsagePublisher } from '../usage/usage-publisher.js';
import { ResultReader } from './batch-results.js';
import type { Batch, BatchStore, NewBatch } from './batch-store.js';

/** A call about batches, when it may go upstream. */
export interface BatchCall {
  provider: Provider;
  endpoint: Endpoint;
  /** From `/v1` on. */
  path: string;
  models: readonly string[];
  upstream: Upstream;
  attribution: Attribution;
}

export interface BatchDeskOptions {
  store: BatchStore;
  usage: Pick<UsagePublisher, 'emit' | 'canRecord' | 'settled'>;
  /** Reads and bills the results of a batch right now. @returns false when that did not work */
  settle: (batch: Batch) => Promise<boolean>;
  /** What the prices of a batch's project differ by now. */
  priceAdjustments: (batch: Batch) => Promise<Pick<UsageData, 'priceAdjustments'>>;
  firstLookInMs: number;
  logger: Logger;
}

const RETRY_MS = { first: 200, last: 10_000 };
const KEEP_TRYING_MS = 600_000;
/** How long the answer to a new batch is held back until the batch is remembered. */
const HOLD_ANSWER_MS = 5_000;

/**
 * What the gateway must remember of batches. They outlive the call that makes them, all projects with the deployment's key share one account at the
 * provider, and the usage comes with the results: so each batch has an owner, and each result is billed once, to the owner.
 */
export class BatchDesk {
  constructor(private readonly options: BatchDeskOptions) {}

  /** @returns how the answer is watched, or why the call may not go upstream */
  async admit(call: BatchCall): Promise<UsageTap | Refusal> {
    const rules = call.provider.batches!;
    try {
      return await this.tapFor(call, rules);
    } catch (error) {
      this.options.logger.error({ error: (error as Error).message }, 'the batches that are known cannot be read');
      return refusals.batchesUnavailable;
    }
  }

  private async tapFor(call: BatchCall, rules: BatchRules): Promise<UsageTap | Refusal> {
    const { store, usage } = this.options;
    const { projectId } = call.attribution;
    const isShared = call.upstream.paidBy === 'managed';
    switch (call.endpoint.batch!) {
      case 'create':
        if (!usage.canRecord()) return refusals.usageNotRecordable;
        // Asked for the sake of the connection: a batch that could not be remembered must not be made.
        await store.find(call.provider.name, '');
        return new EditingTap(async (answer) => rules.showAtProxy(await this.remember(call, rules, answer)), 'always');
      case 'list':
        return new EditingTap(async (answer) => {
          const owned = isShared ? await store.ownedBy(projectId, call.provider.name, rules.idsInList(answer)) : null;
          return rules.showAtProxy(owned === null ? answer : rules.keepInList(answer, (id) => owned.has(id)));
        }, 'always');
      default:
        return this.tapForOne(call, rules, isShared);
    }
  }

  private async tapForOne({ provider, endpoint, path, attribution }: BatchCall, rules: BatchRules, isShared: boolean): Promise<UsageTap | Refusal> {
    const id = rules.idInPath(path);
    const batch = await this.options.store.find(provider.name, id);
    const isTheirs = batch !== null && batch.projectId === attribution.projectId;
    if (isShared && !isTheirs) return refusals.batchNotFound(id);
    const isOpen = isTheirs && !batch.isSettled;
    if (endpoint.batch === 'results') return isOpen ? new ResultsTap(rules, batch, { ...this.options, adjusted: await this.options.priceAdjustments(batch) }) : PASSING;
    // After it is deleted nobody could read what it cost.
    if (endpoint.batch === 'delete' && isOpen && !(await this.options.settle(batch))) return refusals.batchNotSettled(id);
    return new EditingTap((answer) => rules.showAtProxy(answer), 'always');
  }

  private async remember(call: BatchCall, rules: BatchRules, answer: Buffer): Promise<Buffer> {
    const id = rules.idOf(answer);
    if (id === null) {
      this.options.logger.error({ provider: call.provider.name }, 'a batch was made whose id cannot be read: its results will not be billed');
      return answer;
    }
    const { attribution, upstream } = call;
    const batch: NewBatch = { provider: call.provider.name, id, projectId: attribution.projectId, providerKey: upstream.paidBy, models: [...call.models], attribution };
    await Promise.race([this.keepTryingToAdd(batch), delay(HOLD_ANSWER_MS, undefined, { ref: false })]);
    return answer;
  }

  private async keepTryingToAdd(batch: NewBatch): Promise<void> {
    const end = Date.now() + KEEP_TRYING_MS;
    for (let retryMs = RETRY_MS.first; ; retryMs = Math.min(2 * retryMs, RETRY_MS.last)) {
      try {
        return await this.options.store.add(batch, this.options.firstLookInMs);
      } catch (error) {
        const isLast = Date.now() > end;
        this.options.logger[isLast ? 'fatal' : 'error']({ error: (error as Error).message, batchId: batch.id, projectId: batch.projectId }, 'a new batch could not be remembered');
        if (isLast) return;
        await delay(retryMs, undefined, { ref: false });
      }
    }
  }
}

const EMPTY = Buffer.alloc(0);
const PASSING: UsageTap = { push: (chunk) => chunk, end: () => EMPTY };

/** Results on their way to the caller. What cannot be recorded now is left to the background look. */
class ResultsTap implements UsageTap {
  private readonly reader: ResultReader;
  private skipped = false;

  constructor(
    rules: BatchRules,
    private readonly batch: Batch,
    private readonly options: BatchDeskOptions & { adjusted: Pick<UsageData, 'priceAdjustments'> },
  ) {
    this.reader = new ResultReader(rules, batch, (event) => {
      if (options.usage.canRecord()) options.usage.emit(withPriceAdjustments(event, options.adjusted));
      else this.skipped = true;
    });
  }

  push(chunk: Buffer): Buffer {
    this.reader.push(chunk);
    return chunk;
  }

  end(isWhole: boolean): Buffer {
    this.reader.end();
    if (isWhole && !this.skipped && this.reader.isComplete) void this.settle();
    return EMPTY;
  }

  private async settle(): Promise<void> {
    const { batch, options } = this;
    try {
      await options.usage.settled();
      await options.store.settle(batch.provider, batch.id);
    } catch (error) {
      options.logger.warn({ error: (error as Error).message, batchId: batch.id }, 'a batch is billed and will be looked at once more');
    }
  }
}
