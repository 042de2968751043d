import { addressOf, isFromOwnPage } from './request-origin.js';

const PUBLIC = 'https://llm.example.com';

describe('where a form comes from', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'same-origin', 'origin': 'null' }, true],
    [{ 'sec-fetch-site': 'cross-site', 'origin': PUBLIC }, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ origin: PUBLIC }, true],
    [{ origin: 'http://10.0.0.7:8080', host: '10.0.0.7:8080' }, true],
    [{ origin: 'https://evil.example.com', host: 'llm.example.com' }, false],
    [{ origin: 'null' }, false],
    [{}, true],
  ])('%j: %s', (headers, own) => {
    expect(isFromOwnPage({ headers }, PUBLIC)).toBe(own);
  });
});

describe('the address that attempts are counted for', () => {
  const from = (forwarded: string | undefined, proxies: number) =>
    addressOf({ headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress: '127.0.0.1' } as never }, proxies);

  it('is what the outermost of our own proxies saw', () => {
    expect([from(undefined, 1), from('1.1.1.1', 1), from('invented, 1.1.1.1', 1), from('invented, 1.1.1.1, 10.0.0.2', 2)]).toEqual(['127.0.0.1', '1.1.1.1', '1.1.1.1', '1.1.1.1']);
  });

  it('without a proxy nothing that is said counts', () => {
    expect(from('invented', 0)).toBe('127.0.0.1');
    expect(from('1.1.1.1', 3)).toBe('1.1.1.1');
  });
});
