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
    ['POST', '/openai/v1/images/edits', ['openai', '/v1/images/', null, '/v1/images/edits']],
    ['POST', '/v1/responses/compact', ['openai', '/v1/responses/compact', null, '/v1/responses/compact']],
    ['GET', '/anthropic/v1/messages/batches/b_1', ['anthropic', '/v1/messages/batches/{id}', null, '/v1/messages/batches/b_1']],
    ['GET', '/anthropic/v1/messages/batches/b_1/results', ['anthropic', '/v1/messages/batches/{id}/results', null, '/v1/messages/batches/b_1/results']],
    ['POST', '/anthropic/v1/messages/batches/b_1/cancel', ['anthropic', '/v1/messages/batches/{id}/cancel', null, '/v1/messages/batches/b_1/cancel']],
    ['DELETE', '/anthropic/v1/messages/batches/b_1', ['anthropic', '/v1/messages/batches/{id}', null, '/v1/messages/batches/b_1']],
    ['HEAD', '/v1/models', ['openai', '/v1/models', null, '/v1/models']],
    ['POST', '/grok/v1/messages', ['grok', '/v1/messages', null, '/v1/messages']],
    ['GET', '/openai/v1/models/gpt-5.4', ['openai', '/v1/models/', null, '/v1/models/gpt-5.4']],
  ])('%s %s', (method, url, expected) => {
    expect(shown(method, url)).toEqual(expected);
  });

  it.each([
    '/openai/v1/files',
    '/openai/v1/responses/resp_1',
    '/openai/v1/models/../files',
    '/openai/v1/models/',
    '/openai/v1/images',
    '/openai/v1/images/../files',
    '/openai/v1/images/%2e%2E/files',
    '/openai/v1/images/x%2Fy',
    '/anthropic/v1/messages/batches/b/other',
    '/anthropic/v1/messages/batches/../models',
    '/openai/v2/chat/completions',
    '/openai',
    '/v1/messages',
    '/anthropic/v1/chat/completions',
    '/rooms/r/openai/v1/files',
    '/openai/v1/chat/completions/',
  ])('%s is a path of the relay that it does not serve', (url) => {
    expect(find('POST', url)).toMatchObject({ endpoint: null, allowedMethods: null });
  });

  it('a look at a base URL is a probe; at anything below it is a call', () => {
    for (const url of ['/anthropic', '/anthropic/', '/rooms/r/openai']) expect(find('HEAD', url)).toMatchObject({ isProbe: true });
    for (const url of ['/anthropic/v1', '/anthropic/v1/models']) expect(find('HEAD', url)).toMatchObject({ isProbe: false });
    expect(find('GET', '/anthropic')).toMatchObject({ isProbe: false });
  });

  it('names the method a path takes', () => {
    expect(find('GET', '/v1/chat/completions')).toMatchObject({ endpoint: null, allowedMethods: 'POST' });
  });

  it.each(['/', '/accounts/projects', '/config', '/openaix/v1/models', '/internal/changes', '/rooms/r', '/rooms/r/connect', '/v1x/models', '/healthz'])('%s is not the relay’s', (url) => {
    expect(find('GET', url)).toBeNull();
  });
});
