import type { Estimate, UsageReading } from '../providers/index.js';
import type { Outcome } from '../usage/usage-event.js';
import type { Call } from './call.js';

const OUTPUT_NAMES = ['output_tokens', 'completion_tokens'] as const;

/** Where what the model wrote stands in the answer. */
export const textMembers = ({ answerText, bodyText }: Estimate, isStream: boolean): readonly string[] => (isStream ? answerText : (bodyText ?? answerText));

/**
 * What is billed when the provider's last word on usage did not come: its last report, or without one an estimate by what was asked and what
 * arrived. A report that came before the text did says little of the output, so the larger count is taken.
 */
export const completeReading = (call: Call, outcome: Outcome, reading: UsageReading | null, answerTextBytes: number): UsageReading | null => {
  const { endpoint, facts } = call;
  const rule = endpoint.estimate;
  if (reading?.final === true || rule === undefined || (outcome === 'completed' && rule.always !== true)) return reading;
  if (!Buffer.isBuffer(facts.body)) return reading;
  const estimated = rule.usage(facts.body, answerTextBytes);
  if (estimated === null) return reading;
  if (reading === null || reading.usage === null) {
    return { usage: estimated, model: reading?.model ?? null, serviceTier: reading?.serviceTier ?? null, final: false, estimated: true };
  }
  return withMoreOutput(reading, estimated);
};

const withMoreOutput = (reading: UsageReading, estimated: Record<string, unknown>): UsageReading => {
  const usage = reading.usage!;
  const name = OUTPUT_NAMES.find((each) => typeof usage[each] === 'number') ?? 'output_tokens';
  const reported = Number(usage[name] ?? 0);
  const counted = Number(estimated['output_tokens'] ?? 0);
  return counted > reported ? { ...reading, usage: { ...usage, [name]: counted }, estimated: true } : reading;
};
