import type { UsageData } from '@llm-proxy/usage-schema';

/** What an answer tells of its usage. */
export interface UsageReading {
  /** As the provider reported it. */
  usage: UsageData['usage'];
  model: string | null;
  serviceTier: string | null;
  /** Has the provider said its last word on usage? */
  final: boolean;
  /** Counted by us, because the provider did not say. */
  estimated?: boolean;
  /** Usage of tools that ran inside the answer and are charged beside it. */
  toolUsage?: UsageData['toolUsage'];
  /** Images in the answer, for prices by the piece. */
  imageCount?: number;
}
