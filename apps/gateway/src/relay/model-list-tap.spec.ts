import { ModelListTap } from './model-list-tap.js';

const through = (text: string, isVisible: (model: string) => boolean): unknown => {
  const tap = new ModelListTap(isVisible);
  const shown = [...Buffer.from(text)].map((byte) => tap.push(Buffer.from([byte])));
  return JSON.parse(Buffer.concat([...shown, tap.end()]).toString());
};

describe('list of models', () => {
  it('shows what may be seen, and leaves the rest of the answer as it is', () => {
    const list = { object: 'list', data: [{ id: 'gpt-5', owned_by: 'openai' }, { id: 'gpt-4o' }], has_more: false };
    expect(through(JSON.stringify(list), (model) => model === 'gpt-5')).toEqual({ ...list, data: [list.data[0]] });
  });

  it.each(['', 'not json', 'null', '{"data":{}}', '[1]'])('shows nothing of what is no list: %j', (text) => {
    expect(through(text, () => true)).toMatchObject({ data: [] });
  });

  it('an entry without an id is asked for as such', () => expect(through('{"data":[{"id":7},null,"x"]}', (model) => model !== '')).toEqual({ data: [] }));
});
