import fc from 'fast-check';
import { eachElement, findTopLevel, stringAt, valueAt, wantMembers } from './json-facts.js';

const wanted = wantMembers('model', 'stream', 'stream_options', 'a');

const read = (text: string) => {
  const json = Buffer.from(text);
  const found = findTopLevel(json, wanted);
  if (found.problem !== null) return found.problem;
  return Object.fromEntries(wanted.names.map((name, index) => [name, valueAt(json, found.spans[index])]));
};

const expected = (text: string) => {
  const parsed = JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(wanted.names.map((name) => [name, Object.hasOwn(parsed, name) ? parsed[name] : undefined]));
};

/** Keys that are wanted, that look like it, or that are anything. */
const key = fc.oneof(fc.constantFrom('model', 'stream', 'stream_options', 'a', 'model ', 'Model', 'mode', 'models', '"model"', '\\model', ''), fc.string({ unit: 'binary' }));
const escaped = (text: string): string => [...text].map((unit) => [...unit].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')).join('');
const space = fc.constantFrom('', ' ', '\n', '\r\n\t');

describe('facts of a JSON body', () => {
  it.each([
    ['{"model":"gpt-5.4","stream":true}', { model: 'gpt-5.4', stream: true }],
    ['{"messages":[{"model":"inner","content":"\\"model\\":\\"x\\""}],"model":"outer"}', { model: 'outer' }],
    ['{"mod\\u0065l":"escaped key"}', { model: 'escaped key' }],
    ['{"model":"caf\\u00e9 \\"q\\" \\\\"}', { model: 'café "q" \\' }],
    ['{"x":"ends with backslashes \\\\\\\\","model":"m"}', { model: 'm' }],
    [`{"x":"${'y'.repeat(200)}\\\\","model":"m"}`, { model: 'm' }],
    [`{"x":"${'y'.repeat(47)}\\"${'y'.repeat(200)}\\"","model":"m"}`, { model: 'm' }],
    ['{}', {}],
    [' {"model" : null } ', { model: null }],
  ])('%s', (text, facts) => {
    expect(read(text)).toEqual({ ...expected('{}'), ...facts });
  });

  it.each([
    ['[]', 'not_an_object'],
    ['"text"', 'not_an_object'],
    ['\ufeff{}', 'not_an_object'],
    ['', 'truncated'],
    ['{', 'truncated'],
    ['{"model"', 'truncated'],
    ['{"model":"gpt', 'truncated'],
    ['{"model":"gpt"', 'truncated'],
    ['{"a":[1,2', 'truncated'],
    ['{"a":1', 'truncated'],
    ['{"a":"\\', 'truncated'],
    ['{"a":[}]}', 'malformed'],
    ['{"a":]}', 'malformed'],
    ['{"a":1}}', 'malformed'],
    ['{"a":1} x', 'malformed'],
    ['{"a":tru}', 'malformed'],
    ['{"a":01}', 'malformed'],
    ['{a:1}', 'malformed'],
    ['{"a":1,}', 'malformed'],
    ['{"a" 1}', 'malformed'],
    ['{"\\x":1}', 'malformed'],
    ['{"model":"cheap","model":"dear"}', 'duplicate_member'],
    ['{"model":"cheap","mod\\u0065l":"dear"}', 'duplicate_member'],
  ])('refuses %s', (text, problem) => {
    expect(read(text)).toBe(problem);
  });

  it('equals JSON.parse on every object, however it is spaced and escaped', () => {
    const member = fc.tuple(key, fc.boolean(), fc.jsonValue({ maxDepth: 4 }), space);
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 12 }), fc.constantFrom(undefined, 1, '\t'), (members, indent) => {
        const body = members.map(([name, hex, value, gap]) => `${gap}${hex && name !== '' ? `"${escaped(name)}"` : JSON.stringify(name)}${gap}:${gap}${JSON.stringify(value, null, indent)}${gap}`);
        const text = `{${body.join(',')}}`;
        expect(read(text)).toEqual(expected(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not depend on where in memory a body lies, nor on where its quotes and backslashes fall', () => {
    const run = fc.tuple(fc.constantFrom('x', 'é', '漢'), fc.nat({ max: 200 })).map(([unit, count]) => unit.repeat(count));
    const value = fc.array(fc.oneof(run, fc.constantFrom('"', '\\', '\\\\', '\n', '"}', ',"model":"y"')), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(value, value, fc.nat({ max: 7 }), (nested, text, offset) => {
        const body = JSON.stringify({ a: { deep: [nested, text] }, stream_options: text, model: nested });
        const whole = Buffer.concat([Buffer.from('"'.repeat(offset)), Buffer.from(body), Buffer.from('"\\"')]);
        const json = whole.subarray(offset, whole.length - 3);
        const found = findTopLevel(json, wanted);
        expect(found.problem).toBeNull();
        if (found.problem !== null) return;
        expect(wanted.names.map((_, index) => valueAt(json, found.spans[index]))).toEqual([nested, undefined, text, { deep: [nested, text] }]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a thousand and one brackets', () => {
    expect(read(`{"a":${'['.repeat(1_001)}${']'.repeat(1_001)}}`)).toBe('too_deep');
  });

  it('never accepts a text cut short', () => {
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 3 })), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (object, part) => {
        const bytes = Buffer.from(JSON.stringify(object));
        const found = findTopLevel(bytes.subarray(0, Math.floor(bytes.length * part)), wanted);
        expect(found.problem).not.toBeNull();
      }),
    );
  });

  it('reads any bytes without throwing or hanging', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        findTopLevel(Buffer.concat([Buffer.from('{"model":'), Buffer.from(bytes)]), wanted);
      }),
      { numRuns: 2_000 },
    );
  });

  it('unescapes a string only when it must', () => {
    const json = Buffer.from('{"model":"caf\u00e9","a":"\\u0041"}');
    const found = findTopLevel(json, wanted);
    expect(found.problem).toBeNull();
    if (found.problem !== null) return;
    expect([stringAt(json, found.spans[0]), stringAt(json, found.spans[3]), stringAt(json, found.spans[1])]).toEqual(['caf\u00e9', 'A', null]);
  });
});

describe('elements of an array', () => {
  const LIST = wantMembers('list');
  const elements = (text: string) => {
    const json = Buffer.from(text);
    const found = findTopLevel(json, LIST);
    const seen: unknown[] = [];
    const count = found.problem === null ? eachElement(json, found.spans[0], (span) => seen.push(valueAt(json, span))) : null;
    return { count, seen };
  };

  it('are those that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1), (list, indent) => {
        const text = JSON.stringify({ before: ']', list }, null, indent);
        expect(elements(text)).toEqual({ count: list.length, seen: (JSON.parse(text) as { list: unknown[] }).list });
      }),
    );
  });

  it.each(['{"list":{}}', '{"list":"[1]"}', '{}', '{"list":[1,]}', '{"list":[1 2]}', '{"list":[,1]}'])('%s has none that can be told', (text) => {
    expect(elements(text).count).toBeNull();
  });
});
