import fc from 'fast-check';
import { projectKeyFrom } from './project-key.js';
import { isProjectKey } from './projects.schema.js';

describe('project key made from a name', () => {
  it.each([
    ['My Company', 'my-company'],
    ['  Zürich -- Büro 7! ', 'zu-rich-bu-ro-7'],
    ['日本', 'project'],
    ['---', 'project'],
  ])('%s: %s', (name, key) => expect(projectKeyFrom(name)).toBe(key));

  it('is always a valid one, with room for an ending', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 60, maxLength: 200 })), (name) => {
        expect(isProjectKey(projectKeyFrom(name))).toBe(true);
        expect(isProjectKey(`${projectKeyFrom(name)}-0123abcd`)).toBe(true);
      }),
    );
  });
});
