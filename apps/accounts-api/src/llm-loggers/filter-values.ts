/** JMESPath's idea of truth: nothing, `false` and whatever is empty are not true; every number is. */
export const isTrue = (value: unknown): boolean => {
  if (value === null || value === undefined || value === false || value === '') return false;
  if (typeof value !== 'object') return true;
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
};

export const isEqual = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && isEqual(memberOf(one, name), memberOf(other, name)));
};

/** Own members of objects; null where there is none. */
export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? ((value as Record<string, unknown>)[name] ?? null) : null;

type Comparison = (one: unknown, other: unknown) => unknown;

/** Only numbers have an order. */
const ordered =
  (holds: (one: number, other: number) => boolean): Comparison =>
  (one, other) =>
    typeof one === 'number' && typeof other === 'number' ? holds(one, other) : null;

export const comparisons: Readonly<Record<string, Comparison>> = {
  '==': isEqual,
  '!=': (one, other) => !isEqual(one, other),
  '<': ordered((one, other) => one < other),
  '<=': ordered((one, other) => one <= other),
  '>': ordered((one, other) => one > other),
  '>=': ordered((one, other) => one >= other),
};

interface FilterFunction {
  parameters: number;
  apply(values: readonly unknown[]): unknown;
}

const ofTexts =
  (holds: (text: string, part: string) => boolean) =>
  ([text, part]: readonly unknown[]): unknown =>
    typeof text === 'string' && typeof part === 'string' ? holds(text, part) : null;

/** JMESPath's functions that filters need. For values of a kind that they are not for they give null, where JMESPath fails. */
export const filterFunctions: Readonly<Record<string, FilterFunction>> = {
  starts_with: { parameters: 2, apply: ofTexts((text, part) => text.startsWith(part)) },
  ends_with: { parameters: 2, apply: ofTexts((text, part) => text.endsWith(part)) },
  contains: {
    parameters: 2,
    apply: ([whole, part]) => {
      if (Array.isArray(whole)) return whole.some((one) => isEqual(one, part));
      return typeof whole === 'string' && typeof part === 'string' ? whole.includes(part) : null;
    },
  },
  length: {
    parameters: 1,
    apply: ([value]) => {
      if (typeof value === 'string') return [...value].length;
      return typeof value === 'object' && value !== null ? Object.keys(value).length : null;
    },
  },
};
