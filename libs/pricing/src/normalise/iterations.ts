import { ZERO, isZero } from '../exact-number.js';
import { noteUnpriced, objectOf, readCount, wordName, wordOf } from './quantity.js';
import type { JsonObject, Reading } from './quantity.js';

/**
 * The runs of models that one answer of Anthropic took, by `iterations` of its usage object. Each has counts of its own, under the names of the object's.
 * `data/README.md` says which kinds there are.
 */
export interface Iterations {
  /** Of the model that answered; the counts of the object cover them. */
  readonly answer: readonly JsonObject[];
  /** Of that model as well, but beside those counts. */
  readonly beside: readonly JsonObject[];
  /** Of other models, by their names, and so beside those counts too. */
  readonly elsewhere: ReadonlyMap<string, readonly JsonObject[]>;
}

export const NO_ITERATIONS: Iterations = { answer: [], beside: [], elsewhere: new Map() };

const runsIn = (usage: JsonObject): JsonObject[] => {
  const reported = usage['iterations'] ?? [];
  return Array.isArray(reported) ? reported.map((run) => objectOf(run) ?? {}) : [{}];
};

const kindOf = (run: JsonObject): string => wordOf(run['type']);

const modelIn = (run: JsonObject | undefined): string | null => (typeof run?.['model'] === 'string' && run['model'].trim()) || null;

const serverOf = (runs: readonly JsonObject[]): string | null => modelIn(runs.findLast((run) => kindOf(run) === 'fallback_message'));

/** The model that answered after the one that was asked for, and perhaps others, had declined; null when none had to. */
export const fallbackModelOf = (usage: JsonObject | undefined): string | null => (usage?.['iterations'] ? serverOf(runsIn(usage)) : null);

const add = (lists: Map<string, JsonObject[]>, model: string, run: JsonObject): void => {
  const list = lists.get(model);
  if (list === undefined) lists.set(model, [run]);
  else list.push(run);
};

/**
 * Names as unpriced what cannot be told for certain: an unknown kind of run, which model ran, whether it is charged.
 * @param answerModel whose prices the answer has
 */
export const iterationsOf = (usage: JsonObject, answerModel: string, reading: Reading): Iterations => {
  const runs = runsIn(usage);
  if (runs.length === 0) return NO_ITERATIONS;
  const server = serverOf(runs);
  const hasDeclined = (run: JsonObject) => kindOf(run) === 'message' && server !== null && (modelIn(run) ?? server) !== server;
  const isHandedOver = runs.some(hasDeclined);

  const answer: JsonObject[] = [];
  const beside: JsonObject[] = [];
  const elsewhere = new Map<string, JsonObject[]>();
  for (const run of runs) {
    const kind = hasDeclined(run) ? 'declined' : kindOf(run);
    const model = modelIn(run);
    // A model that declined without output is charged for some reasons and not for others, and the object does not tell the reason.
    const isSeparate = kind === 'advisor_message' || (kind === 'declined' && !isZero(readCount(run, 'output_tokens', reading) ?? ZERO));
    if (kind === 'message' || kind === 'fallback_message') answer.push(run);
    else if (kind === 'compaction' ? !isHandedOver : isSeparate && model === answerModel) beside.push(run);
    else if (isSeparate && model !== null) add(elsewhere, model, run);
    else noteUnpriced(wordName('iterations', kind), reading);
  }
  return { answer, beside, elsewhere };
};
