import { Allowance } from './allowance.js';

export interface RefusalPaceOptions {
  /** @default 500 */
  perSecond?: number;
  /** More are answered at once. @default 2500, which wait five seconds at most */
  maxWaiting?: number;
}

const LOOK_EVERY_MS = 20;

/**
 * Refused credentials are answered at a pace. Whoever floods us with invented ones waits for the answers, and the time of this process is left
 * to calls that are worth it. Nobody else waits, and without a flood nobody does.
 */
export class RefusalPace {
  private readonly allowance: Allowance;
  private readonly maxWaiting: number;
  private waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(options: RefusalPaceOptions = {}) {
    this.allowance = new Allowance(options.perSecond ?? 500, () => performance.now());
    this.maxWaiting = options.maxWaiting ?? 2_500;
  }

  /** Resolves when it is this refusal's turn; undefined: that is now. */
  turn(): Promise<void> | undefined {
    if (this.waiting.length >= this.maxWaiting || (this.waiting.length === 0 && this.allowance.take())) return undefined;
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.timer ??= setInterval(() => this.wake(), LOOK_EVERY_MS);
    });
  }

  private wake(): void {
    let count = 0;
    while (count < this.waiting.length && this.allowance.take()) count++;
    for (const resolve of this.waiting.splice(0, count)) resolve();
    if (this.waiting.length > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
