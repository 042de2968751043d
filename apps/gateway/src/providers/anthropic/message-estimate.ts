import { wantMembers } from '../../wire/json-facts.js';
import type { Estimate } from '../provider.js';
import { textEstimate } from '../text-estimate.js';
import { membersOf, textAt } from '../usage-object.js';

/** What a request asks for at another price; a usage object repeats it. */
const PRICED = ['speed', 'inference_geo'] as const;
const ASKED = wantMembers(...PRICED);

const askedIn = (request: Buffer): Record<string, unknown> => {
  const spans = membersOf(request, ASKED);
  const words = PRICED.map((name, index) => [name, textAt(request, spans?.[index])] as const);
  return Object.fromEntries(words.filter(([, word]) => word !== null));
};

/** By the text, and at the price that was asked for: without a report nothing else tells of it. */
export const messageEstimate = (): Estimate => {
  const byText = textEstimate('text', 'partial_json', 'thinking');
  return { ...byText, usage: (request, answerTextBytes) => ({ ...askedIn(request), ...byText.usage(request, answerTextBytes) }) };
};
