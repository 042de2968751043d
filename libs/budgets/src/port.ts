/** What spend is counted for, beside the project as a whole. */
export const countedDimensions = ['user', 'participant', 'room', 'apiKey'] as const;

export type CountedDimension = (typeof countedDimensions)[number];

/** What one priced event adds. */
export interface SpendEntry {
  /** Counted once, however often it is added. */
  eventId: string;
  projectId: string;
  /** Selects the windows. */
  occurredAt: Date;
  /** Nano-dollars (1e-9 US$); negative for a correction. */
  amountNanoUsd: bigint;
  /** A dimension that is null or missing is not counted. */
  dimensions: Partial<Record<CountedDimension, string | null>>;
}

/** The whole project, or one value of a dimension within it. */
export type SpendScope = { dimension: 'project' } | { dimension: CountedDimension; value: string };

/** The UTC day or month that holds an instant. */
export interface SpendWindow {
  kind: 'day' | 'month';
  at: Date;
}

/** How much was spent, by project, dimension and window. Redis and PostgreSQL implement it; one behaviour suite holds both to it. */
export interface SpendCounters {
  /** Makes the store ready. Rejects with `CountersAwayError` when it cannot be reached. */
  connect(): Promise<void>;
  /**
   * Counts the entries whose event was not counted yet; safe to repeat and to call from several processes with the same events.
   * @throws CountersAwayError when the store is away; what was counted until then stays, so repeat with the same entries
   * @throws RangeError when an entry does not fit, before anything is counted
   */
  add(entries: readonly SpendEntry[]): Promise<void>;
  /** Nano-dollars; 0 for a window without spend and for one that is long past (see the README for how long). */
  read(projectId: string, question: { scope: SpendScope; window: SpendWindow }): Promise<bigint>;
  /** Resolves when the store answers; for readiness. */
  check(): Promise<void>;
  close(): Promise<void>;
}
