import { once } from 'node:events';
import { Redis } from 'ioredis';
import { checkedEntries } from '../checked-entries.js';
import { CountersAwayError } from '../counters-away.error.js';
import type { SpendCounters, SpendEntry, SpendScope, SpendWindow } from '../port.js';
import { scopeKeyOf } from '../spend-scope.js';
import { windowKeyOf } from '../spend-window.js';
import { type AddSpendCall, addSpendCall, windowHash } from './add-spend-call.js';
import { addSpendScript } from './add-spend.script.js';

export interface RedisSpendCountersOptions {
  redisUrl: string;
  /** For each command, and for the connection. @default 3000 */
  timeoutMs?: number;
  /** How long an event stays known as counted, at least. @default 48 */
  rememberHours?: number;
  logger?: { warn(fields: object, message: string): void };
}

/** An increment beyond 64 bits is the one thing in a call that Redis refuses for its content; waiting does not help. */
const isRefusedContent = (error: Error): boolean => error.message.includes('would overflow');

const away = (error: unknown): Error => {
  const cause = error instanceof Error ? error : new Error(String(error));
  return isRefusedContent(cause) ? new RangeError(cause.message, { cause }) : new CountersAwayError(`Redis: ${cause.message}`, { cause });
};

export class RedisSpendCounters implements SpendCounters {
  private readonly redis: Redis;
  private readonly rememberSeconds: number;
  private readonly timeoutMs: number;

  constructor(options: RedisSpendCountersOptions) {
    const timeoutMs = (this.timeoutMs = options.timeoutMs ?? 3_000);
    this.rememberSeconds = (options.rememberHours ?? 48) * 3_600;
    this.redis = new Redis(options.redisUrl, {
      lazyConnect: true,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      // A command fails at once while the connection is down: the stream keeps the batch, so nothing needs to queue here.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    this.redis.on('error', (error) => options.logger?.warn({ err: error }, 'the connection to Redis failed'));
  }

  async connect(): Promise<void> {
    if (this.redis.status === 'ready') return;
    const ready = once(this.redis, 'ready', { signal: AbortSignal.timeout(this.timeoutMs) });
    if (this.redis.status === 'wait') this.redis.connect().catch(() => undefined);
    await ready.catch((error: unknown) => Promise.reject(away(error)));
  }

  async add(entries: readonly SpendEntry[]): Promise<void> {
    const calls = [...Map.groupBy(checkedEntries(entries), (entry) => entry.projectId)].map(([projectId, ofProject]) =>
      addSpendCall(projectId, ofProject, this.rememberSeconds),
    );
    if (calls.length === 0) return;
    const unknown = await this.run(calls);
    if (unknown.length === 0) return;
    // A restarted Redis has forgotten the script; the calls that did run are no-ops when the stream repeats them.
    await this.redis.script('LOAD', addSpendScript.source).catch((error: unknown) => Promise.reject(away(error)));
    if ((await this.run(unknown)).length > 0) throw new CountersAwayError('Redis: forgets the script');
  }

  async read(projectId: string, { scope, window }: { scope: SpendScope; window: SpendWindow }): Promise<bigint> {
    const amount = await this.redis
      .hget(windowHash(projectId, windowKeyOf(window)), scopeKeyOf(scope))
      .catch((error: unknown) => Promise.reject(away(error)));
    return BigInt(amount ?? 0);
  }

  async check(): Promise<void> {
    await this.redis.ping().catch((error: unknown) => Promise.reject(away(error)));
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }

  /** @returns the calls that Redis could not run for lack of the script */
  private async run(calls: readonly AddSpendCall[]): Promise<AddSpendCall[]> {
    const pipeline = this.redis.pipeline();
    for (const { keys, args } of calls) pipeline.evalsha(addSpendScript.sha, keys.length, ...keys, ...args);
    const answers = await pipeline.exec().catch((error: unknown) => Promise.reject(away(error)));
    if (!answers) throw new CountersAwayError('Redis: no answer');
    const errors = answers.map(([error]) => error);
    const failure = errors.find((error) => error !== null && !error.message.startsWith('NOSCRIPT'));
    if (failure) throw away(failure);
    return calls.filter((_, index) => errors[index] !== null);
  }
}
