import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { TookTooLong, withinTime } from './time-limited.js';

/** JSON Schema: an object, or true and false for everything and nothing. */
export type MessageSchema = Record<string, unknown> | boolean;

/** For reading a schema, and for all messages of one publish. Both stop every other request of the process while they last. */
const READING_MS = 1_000;
const CHECKING_MS = 250;
const MAX_KNOWN = 100;
const LONGEST_PROBLEM = 300;

/** Names of formats say nothing here, as the standard has it by default. Nothing is fetched. */
const OPTIONS: Options = { strict: false, validateFormats: false, logger: false, addUsedSchema: false };

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

/** What is wrong with the first message that does not fit, and which one it is; null: all fit. */
export const problemOfMessages = (schema: MessageSchema | null, messages: readonly unknown[]): { index: number; problem: string } | null => {
  if (schema === null) return null;
  let index = 0;
  try {
    const fits = validatorOf(schema);
    index = withinTime(CHECKING_MS, () => messages.findIndex((message) => !fits(message)));
    return index < 0 ? null : { index, problem: dialects.draft2020.errorsText(fits.errors, { dataVar: 'message' }).slice(0, LONGEST_PROBLEM) };
  } catch (error) {
    return { index, problem: problemText(error) };
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
