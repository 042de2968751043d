import { onlyVisibleModels } from './visible-models.js';

const shown = (text: string, isVisible: (model: string) => boolean): unknown => JSON.parse(onlyVisibleModels(Buffer.from(text), isVisible).toString());

describe('list of models', () => {
  it('shows what may be seen, and leaves the rest of the answer as it is', () => {
    const list = { object: 'list', data: [{ id: 'gpt-5', owned_by: 'openai' }, { id: 'gpt-4o' }], has_more: false };
    expect(shown(JSON.stringify(list), (model) => model === 'gpt-5')).toEqual({ ...list, data: [list.data[0]] });
  });

  it.each(['', 'not json', 'null', '{"data":{}}', '[1]'])('shows nothing of what is no list: %j', (text) => {
    expect(shown(text, () => true)).toMatchObject({ data: [] });
  });

  it('an entry without an id is asked for as such', () => expect(shown('{"data":[{"id":7},null,"x"]}', (model) => model !== '')).toEqual({ data: [] }));
});
