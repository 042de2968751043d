import fc from 'fast-check';
import { openai } from '../providers/openai/index.js';
import { Refusal } from '../refusals.js';
import { readRequestFacts } from './request-facts.js';

const chat = openai.endpoints[0]!;
const responses = openai.endpoints[1]!;
const read = (text: string, endpoint = chat) => readRequestFacts(Buffer.from(text), endpoint);

describe('facts of a request', () => {
  it('leaves the bytes alone when nothing has to be asked for', () => {
    const text = ' { "model":"gpt-4.1" , "n":12345678901234567890, "n":1 }';
    expect(read(text)).toEqual({ model: 'gpt-4.1', models: [], stream: false, serviceTier: null, priceFacts: {}, body: Buffer.from(text), hideUsage: false });
    expect(read('{"model":"m","stream":true}', responses)).toMatchObject({ stream: true, hideUsage: false });
    expect(read('{"model":"m","stream":true,"stream_options":{"include_usage":true}}')).toMatchObject({ hideUsage: false });
  });

  it.each([
    ['{"model":"m","stream":true}', '{"stream_options":{"include_usage":true},"model":"m","stream":true}'],
    ['{ "stream":true,"model":"m"}', '{ "stream_options":{"include_usage":true},"stream":true,"model":"m"}'],
    ['{"model":"m","stream":true,"stream_options":null,"x":1}', '{"model":"m","stream":true,"stream_options":{"include_usage":true},"x":1}'],
    ['{"model":"m","stream":true,"stream_options":{"include_obfuscation":false}}', '{"model":"m","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}'],
    ['{"model":"m","stream":true,"stream_options":{"include_usage":false}}', '{"model":"m","stream":true,"stream_options":{"include_usage":true}}'],
  ])('asks for usage: %s', (text, asked) => {
    const facts = read(text);
    expect(facts).toMatchObject({ hideUsage: true, stream: true });
    expect((facts as { body: Buffer }).body.toString()).toBe(asked);
  });

  it('changes nothing but stream_options', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }), (rest, options) => {
        const text = JSON.stringify({ ...rest, model: 'm', stream: true, ...(options === undefined ? {} : { stream_options: options }) });
        const facts = read(text) as { body: Buffer };
        const asked = JSON.parse(text) as { stream_options?: object };
        expect(JSON.parse(facts.body.toString())).toEqual({ ...asked, stream_options: { ...asked.stream_options, include_usage: true } });
      }),
    );
  });

  it.each([
    ['[]', 'invalid_json'],
    ['not json', 'invalid_json'],
    ['', 'invalid_json'],
    ['{"model":"gpt-4.1"', 'invalid_json'],
    ['{"model":"a","model":"b"}', 'duplicate_member'],
    ['{"stream":true,"stream":false,"model":"a"}', 'duplicate_member'],
    ['{"messages":[]}', 'missing_model'],
    ['{"model":7}', 'missing_model'],
    ['{"model":""}', 'missing_model'],
    ['{"model":null}', 'missing_model'],
    ['{"model":"\\x"}', 'invalid_json'],
  ])('refuses %s', (text, code) => {
    const refusal = read(text);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status: 400, code });
  });
});
