import { isFromOwnPage } from './request-origin.js';

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
