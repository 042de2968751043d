import { addressOf } from './address-of.js';

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
