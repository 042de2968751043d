/** So many a second. What is not used is saved up for one second and no longer. */
export class Allowance {
  private left: number;
  private countedAtMs: number;

  constructor(
    private readonly perSecond: number,
    private readonly nowMs: () => number,
  ) {
    this.left = perSecond;
    this.countedAtMs = nowMs();
  }

  /** False: it is used up for now. */
  take(): boolean {
    const now = this.nowMs();
    this.left = Math.min(this.perSecond, this.left + (Math.max(0, now - this.countedAtMs) * this.perSecond) / 1_000);
    this.countedAtMs = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
