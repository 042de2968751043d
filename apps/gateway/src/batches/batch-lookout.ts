import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@llm-proxy/platform-logging';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import type { Dispatcher } from 'undici';
import type { KnownProject } from '../credentials/policy-cache.js';
import type { BatchRules, Provider } from '../providers/index.js';
import { Refusal } from '../refusals.js';
import type { Upstream } from '../relay/upstreams.js';
import { priceAdjustmentsFor, withPriceAdjustments } from '../usage/price-adjustments.js';
import type { UsagePublisher } from '../usage/usage-publisher.js';
import { ResultReader } from './batch-results.js';
import type { Batch, BatchStore } from './batch-store.js';

export interface BatchLookoutOptions {
  store: BatchStore;
  usage: Pick<UsagePublisher, 'emit' | 'canRecord' | 'settled'>;
  providers: readonly Provider[];
  /** Null: there is no such project any more. */
  project: (id: string) => Promise<KnownProject | null>;
  upstreamFor: (provider: Provider, project: KnownProject | null, paidBy: Batch['providerKey']) => Upstream | Refusal;
  /** Between two looks at the same batch. */
  everyMs: number;
  logger: Logger;
}

const AT_ONCE = 50;
const WAIT_FOR_ROOM_MS = 100;
/** Providers keep results for 29 days; then there is nothing left to bill. */
const GIVE_UP_AFTER_MS = 30 * 24 * 3_600_000;

/** Looks after batches whose results nobody fetches: asks the provider from time to time, and bills what it finds. */
export class BatchLookout {
  private readonly closing = new AbortController();
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: BatchLookoutOptions) {}

  start(): void {
    this.looking = this.lookOut();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.looking;
  }

  private async lookOut(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        for (const batch of await this.options.store.takeDue(AT_ONCE, this.options.everyMs)) {
          if (this.closing.signal.aborted) return;
          await this.settle(batch);
        }
      } catch (error) {
        this.options.logger.warn({ error: (error as Error).message }, 'open batches cannot be looked after right now');
      }
      await delay(this.options.everyMs, undefined, { signal: this.closing.signal, ref: false }).catch(() => undefined);
    }
  }

  /**
   * Bills the results of a batch, if it has ended.
   * @returns true when nothing of it is left to bill or could ever be, or when it has not ended; never throws
   */
  async settle(batch: Batch): Promise<boolean> {
    try {
      return await this.look(batch);
    } catch (error) {
      const isOver = Date.now() - batch.createdAt.getTime() > GIVE_UP_AFTER_MS;
      if (isOver && !this.closing.signal.aborted) return this.giveUp(batch, error as Error);
      this.options.logger.warn({ error: (error as Error).message, batchId: batch.id }, 'a batch could not be looked at; it will be tried again');
      return false;
    }
  }

  /** Whatever is in the way, the provider's answer or a key that is no longer there: by now the results are gone, too. */
  private async giveUp({ provider, id, projectId }: Batch, { message }: Error): Promise<boolean> {
    try {
      await this.options.store.settle(provider, id);
    } catch (error) {
      this.options.logger.warn({ error: (error as Error).message, batchId: id }, 'a batch cannot be given up right now; it will be tried again');
      return false;
    }
    this.options.logger.error({ batchId: id, projectId, error: message }, 'the results of a batch were never seen and it is given up: what it cost is not billed');
    return true;
  }

  private async look(batch: Batch): Promise<boolean> {
    const provider = this.options.providers.find(({ name }) => name === batch.provider);
    const rules = provider?.batches;
    if (provider === undefined || rules === undefined) return false;
    const project = await this.options.project(batch.projectId);
    const upstream = this.options.upstreamFor(provider, project, batch.providerKey);
    if (upstream instanceof Refusal) throw new Error(upstream.message);
    const { statusCode, body } = await this.get(provider, rules, upstream, rules.batchPath(batch.id));
    const answer = Buffer.from(await body.arrayBuffer());
    if (statusCode !== 200) throw new Error(`the provider answered ${statusCode}`);
    if (!rules.hasEnded(answer)) return true;
    const adjusted = project === null ? {} : priceAdjustmentsFor(project.policy, provider.name);
    await this.readResults(batch, provider, upstream, (event) => this.options.usage.emit(withPriceAdjustments(event, adjusted)));
    await this.options.usage.settled();
    await this.options.store.settle(batch.provider, batch.id);
    return true;
  }

  private async readResults(batch: Batch, provider: Provider, upstream: Upstream, emit: (event: UsageEvent) => void): Promise<void> {
    const { usage } = this.options;
    const rules = provider.batches!;
    const { statusCode, body } = await this.get(provider, rules, upstream, rules.resultsPath(batch.id));
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`the provider answered ${statusCode} when asked for the results`);
    }
    const reader = new ResultReader(rules, batch, emit);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      reader.push(chunk);
      while (!usage.canRecord()) await delay(WAIT_FOR_ROOM_MS, undefined, { signal: this.closing.signal });
    }
    reader.end();
    if (!reader.isComplete) throw new Error('a result is too long to be read');
  }

  private get(provider: Provider, rules: BatchRules, upstream: Upstream, path: string): Promise<Dispatcher.ResponseData> {
    return upstream.pool.request({
      method: 'GET',
      path: provider.upstreamPath(upstream.basePath, path),
      headers: [...rules.headers, 'accept-encoding', 'identity', ...upstream.keyHeader],
      signal: this.closing.signal,
    });
  }
}
