import { networkOf, RequestLimit } from './request-limit.js';

describe('requests of an address', () => {
  it('are admitted up to the limit, and again in the next minute', () => {
    const limit = new RequestLimit(3);
    const admitted = (nowMs: number, address = '203.0.113.1') => Array.from({ length: 5 }, () => limit.admits(address, nowMs)).filter(Boolean).length;
    expect([admitted(0), admitted(59_999), admitted(59_999, '203.0.113.2'), admitted(60_000)]).toEqual([3, 0, 3, 3]);
  });

  it('are counted in bounded memory, however many addresses there are', () => {
    const limit = new RequestLimit(1);
    limit.admits('first', 0);
    expect(limit.admits('first', 0)).toBe(false);
    for (let index = 0; index < 50_000; index++) limit.admits(`10.0.${index >> 8}.${index & 255}`, 0);
    expect(limit.admits('first', 0)).toBe(true);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network));
});
