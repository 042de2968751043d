import { isObjectAt, wantMembers } from '../../wire/json-facts.js';
import type { UsageReader, UsageReading } from '../provider.js';
import { imageToolUsage } from './image-tool.js';
import { membersOf, textAt, usageAt } from '../usage-object.js';

const NOTHING: UsageReading = { usage: null, model: null, serviceTier: null, final: false };
const ANSWER = wantMembers('usage', 'model', 'service_tier', 'choices');
const STREAM_EVENT = wantMembers('response');

const readAnswer = (json: Buffer): { reading: UsageReading; onlyUsage: boolean } | null => {
  const spans = membersOf(json, ANSWER);
  if (spans === null) return null;
  const usage = usageAt(json, spans[0]);
  if (usage === null) return null;
  const choices = spans[3]!;
  const onlyUsage = choices.start >= 0 && /^\[\s*\]$/.test(json.toString('latin1', choices.start, choices.end));
  return { reading: { usage, model: textAt(json, spans[1]), serviceTier: textAt(json, spans[2]), final: true }, onlyUsage };
};

/** Chat completions and embeddings: `usage` stands in the body, or in the last chunk of a stream, whose `choices` are empty. */
export class AnswerUsage implements UsageReader {
  private latest: UsageReading = NOTHING;

  body(json: Buffer): void {
    this.latest = readAnswer(json)?.reading ?? this.latest;
  }

  event(data: Buffer): boolean {
    const answer = readAnswer(data);
    if (answer === null) return false;
    this.latest = answer.reading;
    return answer.onlyUsage;
  }

  reading(): UsageReading {
    return this.latest;
  }
}

/** Responses: the closing event (`response.completed`, `.incomplete` or `.failed`) holds the whole response with its usage. */
export class ResponseUsage implements UsageReader {
  private latest: UsageReading = NOTHING;

  body(json: Buffer): void {
    const answer = readAnswer(json);
    if (answer === null) return;
    const toolUsage = imageToolUsage(json);
    this.latest = toolUsage.length === 0 ? answer.reading : { ...answer.reading, toolUsage };
  }

  event(data: Buffer): boolean {
    const response = membersOf(data, STREAM_EVENT)?.[0];
    if (isObjectAt(data, response)) this.body(data.subarray(response.start, response.end));
    return false;
  }

  reading(): UsageReading {
    return this.latest;
  }
}
