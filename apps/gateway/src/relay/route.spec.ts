import { providers } from '../providers/index.js';
import { createRouter } from './route.js';

const find = createRouter(providers);
const shown = (method: string, url: string) => {
  const route = find(method, url);
  return route && [route.provider.name, route.endpoint?.path ?? null, route.room, route.path + route.query];
};

describe('routes of the relay', () => {
  it.each([
    ['POST', '/openai/v1/chat/completions', ['openai', '/v1/chat/completions', null, '/v1/chat/completions']],
    ['POST', '/v1/responses', ['openai', '/v1/responses', null, '/v1/responses']],
    ['POST', '/anthropic/v1/messages?beta=true', ['anthropic', '/v1/messages', null, '/v1/messages?beta=true']],
    ['POST', '/anthropic/v1/messages/count_tokens', ['anthropic', '/v1/messages/count_tokens', null, '/v1/messages/count_tokens']],
    ['POST', '/rooms/my-room/openai/v1/embeddings', ['openai', '/v1/embeddings', 'my-room', '/v1/embeddings']],
    ['POST', '/rooms/a%20b/anthropic/v1/messages', ['anthropic', '/v1/messages', 'a b', '/v1/messages']],
    ['GET', '/v1/models', ['openai', '/v1/models', null, '/v1/models']],
    ['GET', '/openai/v1/models/gpt-5.4', ['openai', '/v1/models/', null, '/v1/models/gpt-5.4']],
  ])('%s %s', (method, url, expected) => {
    expect(shown(method, url)).toEqual(expected);
  });

  it.each([
    '/openai/v1/files',
    '/openai/v1/responses/resp_1',
    '/openai/v1/models/../files',
    '/openai/v1/models/',
    '/openai/v2/chat/completions',
    '/openai',
    '/v1/messages',
    '/anthropic/v1/chat/completions',
    '/rooms/r/openai/v1/files',
    '/openai/v1/chat/completions/',
  ])('%s is a path of the relay that it does not serve', (url) => {
    expect(find('POST', url)).toMatchObject({ endpoint: null, allowedMethods: null });
  });

  it('names the method a path takes', () => {
    expect(find('GET', '/v1/chat/completions')).toMatchObject({ endpoint: null, allowedMethods: 'POST' });
  });

  it.each(['/', '/accounts/projects', '/config', '/openaix/v1/models', '/internal/changes', '/rooms/r', '/rooms/r/connect', '/v1x/models', '/healthz'])('%s is not the relay’s', (url) => {
    expect(find('GET', url)).toBeNull();
  });
});
