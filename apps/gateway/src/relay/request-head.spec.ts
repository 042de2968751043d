import { readRequestHead } from './request-head.js';

const names = (forward: string[]) => forward.filter((_, index) => index % 2 === 0);

describe('request head', () => {
  it('keeps credentials, identity and connection headers from the provider', () => {
    const head = readRequestHead(
      Object.entries({
        Host: 'proxy.test',
        Authorization: 'Bearer ma-secret',
        'X-Api-Key': 'ma-secret',
        Cookie: 'a=b',
        Connection: 'keep-alive, X-Hop',
        'X-Hop': '1',
        'Content-Length': '10',
        'Transfer-Encoding': 'chunked',
        'Accept-Encoding': 'gzip',
        'Meshagent-Project-Id': 'p',
        'Meshagent-On-Behalf-Of': 'anna',
        'X-Meshagent-Annotation-Team': 'red',
        'X-Forwarded-For': '10.0.0.1',
        Forwarded: 'for=10.0.0.1',
        'OpenAI-Organization': 'org',
        'OpenAI-Project': 'proj',
        'OpenAI-Beta': 'responses=v1',
        'anthropic-version': '2023-06-01',
        'User-Agent': 'sdk/1',
        'Content-Type': 'application/json',
      }).flat(),
    );
    expect(names(head.forward)).toEqual(['openai-beta', 'anthropic-version', 'user-agent', 'content-type']);
    expect(head).toMatchObject({ bearer: 'ma-secret', apiKeyHeader: 'ma-secret', onBehalfOf: 'anna', client: 'sdk/1', annotations: { team: 'red' }, contentLength: 10 });
  });

  it('takes the scheme in any case, and no other scheme', () => {
    expect(readRequestHead(['authorization', 'bearer  x ']).bearer).toBe('x');
    expect(readRequestHead(['authorization', 'Basic x']).bearer).toBeNull();
  });

  it('hears who asks what a call costs, and keeps that to itself', () => {
    const head = readRequestHead(['X-Meshagent-Cost', ' Include ', 'accept', '*/*']);
    expect([head.wantsCost, names(head.forward)]).toEqual([true, ['accept']]);
    for (const other of ['', 'no', 'include, please']) expect(readRequestHead(['X-Meshagent-Cost', other]).wantsCost).toBe(false);
    expect(readRequestHead([]).wantsCost).toBe(false);
  });

  it('bounds what a caller can make us store', () => {
    const many = Array.from({ length: 100 }, (_, index) => [`X-Meshagent-Annotation-n${index}`, 'v'.repeat(1_000)]).flat();
    const { annotations, client } = readRequestHead([...many, 'user-agent', 'u'.repeat(1_000), 'x-meshagent-annotation-__proto__', 'x']);
    expect(Object.keys(annotations)).toHaveLength(32);
    expect(annotations['n0']).toHaveLength(256);
    expect(client).toHaveLength(256);
  });
});
