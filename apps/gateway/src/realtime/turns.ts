export interface TurnTimings {
  /** Milliseconds since 1970. */
  startedAtMs: number;
  firstByteMs: number | null;
  durationMs: number;
}

/** Counts the answers that are asked for or under way on one socket, and times the latest. */
export class Turns {
  private asked = 0;
  private running = 0;
  private startedAtMs = 0;
  private startedTick = 0;
  private firstByteMs: number | null = null;

  get isOpen(): boolean {
    return this.asked + this.running > 0;
  }

  /** The client asked for an answer. */
  ask(): void {
    this.begin();
    this.asked++;
  }

  /** The provider sent something. */
  sawByte(): void {
    if (this.isOpen && this.firstByteMs === null) this.firstByteMs = performance.now() - this.startedTick;
  }

  /** The provider began an answer, asked for or of its own accord. */
  start(): void {
    if (this.asked > 0) this.asked--;
    else this.begin();
    this.running++;
  }

  /** An answer ended. */
  end(): void {
    if (this.running > 0) this.running--;
    else if (this.asked > 0) this.asked--;
  }

  /** An error came, most likely in the place of an answer. */
  fail(): void {
    if (this.asked > 0) this.asked--;
    else if (this.running > 0) this.running--;
  }

  timings(): TurnTimings {
    if (!this.isOpen) return { startedAtMs: Date.now(), firstByteMs: null, durationMs: 0 };
    return { startedAtMs: this.startedAtMs, firstByteMs: this.firstByteMs, durationMs: performance.now() - this.startedTick };
  }

  private begin(): void {
    if (this.isOpen) return;
    this.startedAtMs = Date.now();
    this.startedTick = performance.now();
    this.firstByteMs = null;
  }
}
