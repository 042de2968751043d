import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { TookTooLong, withinTime } from './time-limited.js';

/** JSON Schema: an object, or true and false for everything and nothing. */
export type MessageSchema = Record<string, unknown> | boolean;

/** For reading a schema, and for all messages of one publish: long for a busy machine, short for the requests that have to wait meanwhile. */
const READING_MS = 2_000;
const CHECKING_MS = 1_000;
/** What the checks of one project may take of a minute. After that, or after one that was ended, the project rests, so that it cannot keep the process busy. */
const CHECKING_A_MINUTE_MS = 5_000;
const MINUTE_MS = 60_000;
const MAX_PROJECTS = 10_000;
const MAX_KNOWN = 100;
const LONGEST_PROBLEM = 300;

/** Names of formats say nothing here, as the standard has it by default. Nothing is fetched. What is referred to often is not copied often. */
const OPTIONS: Options = { strict: false, inlineRefs: false, validateFormats: false, logger: false, addUsedSchema: false };

const resting = new LRUCache<string, true>({ max: MAX_PROJECTS, ttl: MINUTE_MS });
const spentMs = new LRUCache<string, number>({ max: MAX_PROJECTS, ttl: MINUTE_MS, noUpdateTTL: true });
const known = new LRUCache<string, ValidateFunction>({ max: MAX_KNOWN });
let dialects = newDialects();

function newDialects() {
  return { draft7: new Ajv(OPTIONS), draft2020: new Ajv2020(OPTIONS) };
}

/** What is wrong with a schema; null: nothing. Drafts 2020-12 and, where `$schema` names it, 7. */
export const problemOfSchema = (schema: MessageSchema): string | null => {
  try {
    validatorOf(schema);
    return null;
  } catch (error) {
    return problemText(error);
  }
};

/**
 * What is wrong with the first message that does not fit, and which one it is; null: all fit.
 * @param projectId whose schema it is
 */
export const problemOfMessages = (projectId: string, schema: MessageSchema | null, messages: readonly unknown[]): { index: number; problem: string } | null => {
  if (schema === null) return null;
  if (resting.has(projectId)) return { index: 0, problem: 'checks of this project took too long; there will be another within a minute' };
  try {
    const fits = validatorOf(schema);
    const index = timed(projectId, () => messages.findIndex((message) => !fits(message)));
    return index < 0 ? null : { index, problem: dialects.draft2020.errorsText(fits.errors, { dataVar: 'message' }).slice(0, LONGEST_PROBLEM) };
  } catch (error) {
    return { index: 0, problem: problemText(error) };
  }
};

/**
 * Of each message, whether it fits; null: that could not be found out, because it takes too long or the schema can't be read.
 * @param projectId whose schema it is
 */
export const whichFit = (projectId: string, schema: MessageSchema | null, messages: readonly unknown[]): boolean[] | null => {
  if (schema === null) return messages.map(() => true);
  if (resting.has(projectId)) return null;
  try {
    const fits = validatorOf(schema);
    return timed(projectId, () => messages.map((message) => fits(message) === true));
  } catch {
    return null;
  }
};

/** @throws TookTooLong, and what the check throws */
const timed = <Result>(projectId: string, check: () => Result): Result => {
  const start = performance.now();
  try {
    return withinTime(CHECKING_MS, check);
  } catch (error) {
    if (error instanceof TookTooLong) resting.set(projectId, true);
    throw error;
  } finally {
    const spent = (spentMs.get(projectId) ?? 0) + performance.now() - start;
    spentMs.set(projectId, spent);
    if (spent > CHECKING_A_MINUTE_MS) resting.set(projectId, true);
  }
};

const validatorOf = (schema: MessageSchema): ValidateFunction => {
  const text = JSON.stringify(schema);
  const before = known.get(text);
  if (before !== undefined) return before;
  const validator = withinTime(READING_MS, () => compiled(schema));
  known.set(text, validator);
  return validator;
};

const compiled = (schema: MessageSchema): ValidateFunction => {
  if (typeof schema === 'object' && schema['$async'] === true) throw new Error('$async is not supported');
  const isDraft7 = typeof schema === 'object' && String(schema['$schema']).includes('/draft-07/');
  const compiler = isDraft7 ? dialects.draft7 : dialects.draft2020;
  try {
    return compiler.compile(schema);
  } catch (error) {
    // What it left half done must not meet the next schema.
    dialects = newDialects();
    throw error;
  } finally {
    if (typeof schema === 'object') compiler.removeSchema(schema);
  }
};

const problemText = (error: unknown): string => {
  if (error instanceof TookTooLong) return 'checking it takes too long';
  if (error instanceof RangeError) return 'it is nested too deep';
  return (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_PROBLEM);
};
