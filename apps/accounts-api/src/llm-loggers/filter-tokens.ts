/** What is wrong with a filter, and where. */
export class FilterError extends Error {
  override readonly name = 'FilterError';

  /** @param position counted from 1, in characters */
  constructor(
    problem: string,
    readonly position: number,
  ) {
    super(`${problem} at position ${position}`);
  }
}

export type Token =
  | { kind: 'name' | 'operator'; text: string; at: number }
  | { kind: 'value'; value: unknown; at: number }
  | { kind: 'end'; at: number };

const OPERATORS = ['==', '!=', '<=', '>=', '&&', '||', '<', '>', '!', '(', ')', ',', '.'];

const SPACE = /\s*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** 'raw text', "quoted name", `JSON`: whatever a backslash stands before is part of it. */
const QUOTED = { "'": /'((?:[^'\\]|\\[^])*)'/y, '"': /"(?:[^"\\]|\\[^])*"/y, '`': /`((?:[^`\\]|\\[^])*)`/y } as const;

const matchAt = (pattern: RegExp, source: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(source);
};

/** @throws FilterError */
export const tokensOf = (source: string): Token[] => {
  const tokens: Token[] = [];
  let at = matchAt(SPACE, source, 0)![0].length;
  while (at < source.length) {
    const { token, length } = tokenAt(source, at);
    tokens.push(token);
    at += length;
    at += matchAt(SPACE, source, at)![0].length;
  }
  return [...tokens, { kind: 'end', at: source.length + 1 }];
};

const tokenAt = (source: string, start: number): { token: Token; length: number } => {
  const at = start + 1;
  const quote = source[start]!;
  if (quote === "'" || quote === '"' || quote === '`') return quotedAt(source, start, quote);
  const name = matchAt(NAME, source, start)?.[0];
  if (name !== undefined) return { token: { kind: 'name', text: name, at }, length: name.length };
  const number = matchAt(NUMBER, source, start)?.[0];
  if (number !== undefined) return { token: { kind: 'value', value: Number(number), at }, length: number.length };
  const operator = OPERATORS.find((one) => source.startsWith(one, start));
  if (operator !== undefined) return { token: { kind: 'operator', text: operator, at }, length: operator.length };
  throw new FilterError(`unexpected ${JSON.stringify(String.fromCodePoint(source.codePointAt(start)!))}`, at);
};

const quotedAt = (source: string, start: number, quote: keyof typeof QUOTED): { token: Token; length: number } => {
  const at = start + 1;
  const found = matchAt(QUOTED[quote], source, start);
  if (found === null) throw new FilterError(`the ${quote} is never closed`, at);
  const { length } = found[0];
  if (quote === "'") return { token: { kind: 'value', value: found[1]!.replaceAll(/\\(['\\])/g, '$1'), at }, length };
  if (quote === '"') return { token: { kind: 'name', text: String(parsedJson(found[0], at)), at }, length };
  return { token: { kind: 'value', value: parsedJson(found[1]!.replaceAll('\\`', '`'), at), at }, length };
};

const parsedJson = (text: string, at: number): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new FilterError(`${JSON.stringify(text)} is not JSON`, at);
  }
};
