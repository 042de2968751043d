import fc from 'fast-check';
import { parseFilter } from './filter-expression.js';
import { FilterError } from './filter-tokens.js';

const facts = {
  provider: 'openai',
  model: 'gpt-5.4',
  cost: 0.0123,
  status: 200,
  room: null,
  none: 0,
  annotations: { team: 'search', 'cost centre': '42', empty: '' },
  quantities: { input_tokens: 1_000 },
  unpriced_types: ['audio_minutes'],
};

const holds = (source: string) => parseFilter(source)(facts);

const problemOf = (source: string): string => {
  try {
    parseFilter(source);
  } catch (error) {
    if (error instanceof FilterError) return error.message;
    throw error;
  }
  return 'none';
};

describe('a filter', () => {
  it.each([
    "provider == 'openai'",
    "provider == `\"openai\"`",
    "model != 'gpt-4.1' && cost > `0.01`",
    'cost > 0.01 && cost < 1e-1',
    "provider == 'anthropic' || annotations.team == 'search'",
    `annotations."cost centre" == '42'`,
    '!room',
    '!annotations.empty && annotations.team',
    'none',
    '!(status >= `400`) && quantities.input_tokens >= 1000',
    "starts_with(model, 'gpt-') && ends_with(model, '.4') && contains(model, '5')",
    "contains(unpriced_types, 'audio_minutes') && length(unpriced_types) == 1",
    'annotations == `{"cost centre":"42","empty":"","team":"search"}`',
    'room == `null` && nobody == room && annotations.team.deeper == `null`',
    "length(model) == 7",
    "!starts_with(room, 'x')",
    "'it\\'s' == 'it\\'s'",
    '-1 < 0',
    'provider',
  ])('%s holds', (source) => expect(holds(source)).toBe(true));

  it.each([
    "provider == 'OPENAI'",
    'room',
    'cost > `1`',
    "model > 'a'",
    "model < 'z'",
    'annotations.empty',
    'nobody.there',
    "starts_with(cost, '0')",
    'constructor',
    'annotations.__proto__',
    'status == `"200"`',
    '`[]` || `{}` || `false`',
    "provider == 'openai' && (room || !status)",
  ])('%s does not hold', (source) => expect(holds(source)).toBe(false));

  it('binds && closer than ||, and comparisons closer than both', () => {
    expect(holds("provider == 'x' && room || status == `200`")).toBe(true);
    expect(holds("provider == 'x' && (room || status == `200`)")).toBe(false);
    expect(holds('!room == `true`')).toBe(true);
  });

  it.each([
    ['', 'the filter ends too early at position 1'],
    ['provider ==', 'the filter ends too early at position 12'],
    ["provider = 'openai'", 'unexpected "=" at position 10'],
    ["provider == 'openai", "the ' is never closed at position 13"],
    ['cost > `0.01', 'the ` is never closed at position 8'],
    ['cost > `zero`', '"zero" is not JSON at position 8'],
    ['(cost', 'the filter ends too early at position 6'],
    ['cost)', 'unexpected ) at position 5'],
    ["lower(model) == 'x'", 'there is no function lower; there are starts_with, ends_with, contains, length at position 1'],
    ['constructor(model)', 'there is no function constructor; there are starts_with, ends_with, contains, length at position 1'],
    ['length(model, model)', 'length takes 1 values, not 2, at position 1'],
    ['a == b == c', 'unexpected == at position 8'],
    ['annotations.', 'the filter ends too early at position 13'],
    ['annotations[0]', 'unexpected "[" at position 12'],
    ["model =~ 'x'", 'unexpected "=" at position 7'],
    ['é', 'unexpected "é" at position 1'],
    ['!'.repeat(40) + 'a', 'nested deeper than 32 at position 33'],
    ['a'.repeat(5_000), 'longer than 4096 characters at position 4097'],
  ])('%s: %s', (source, problem) => expect(problemOf(source)).toBe(problem));

  it('is read or refused, whatever it is, and never fails on facts', () => {
    const pieces = fc.constantFrom('a', 'provider', '.', '==', '<', '&&', '||', '!', '(', ')', ',', "'x'", '`1`', '`', "'", '"b"', 'length', 'contains', ' ', '1', '\\', '__proto__');
    const source = fc.oneof(fc.array(pieces, { maxLength: 24 }).map((parts) => parts.join('')), fc.string());
    fc.assert(
      fc.property(source, fc.jsonValue(), (text, anything) => {
        let filter;
        try {
          filter = parseFilter(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
          return;
        }
        expect(typeof filter(anything)).toBe('boolean');
      }),
      { numRuns: 3_000 },
    );
  });
});
