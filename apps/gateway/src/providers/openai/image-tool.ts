import type { UsageData } from '@llm-proxy/usage-schema';
import { eachElement, wantMembers } from '../../wire/json-facts.js';
import { membersOf, textAt, usageAt } from '../usage-object.js';

const OUTPUT = wantMembers('output');
const ITEM = wantMembers('type', 'usage');
const TYPE = 'image_generation_call';

/** Image generation inside a response is charged beside the response's own tokens; each call of the tool carries its usage. */
export const imageToolUsage = (response: Buffer): NonNullable<UsageData['toolUsage']> => {
  const found: NonNullable<UsageData['toolUsage']> = [];
  if (response.indexOf(TYPE) < 0) return found;
  eachElement(response, membersOf(response, OUTPUT)?.[0], ({ start, end }) => {
    const item = response.subarray(start, end);
    const spans = membersOf(item, ITEM);
    if (spans === null || textAt(item, spans[0]) !== TYPE) return;
    const usage = usageAt(item, spans[1]);
    if (usage !== null) found.push({ tool: 'image_generation', usage });
  });
  return found;
};
