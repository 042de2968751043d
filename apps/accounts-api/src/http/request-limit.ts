import { LRUCache } from 'lru-cache';

export const WINDOW_MS = 60_000;
/** Whoever has more addresses than that at hand is not stopped by counting them; passwords are counted by account as well. */
const MAX_ADDRESSES = 50_000;

/** Counts per address and minute, in this process, in bounded memory. */
export class RequestLimit {
  private readonly counts = new LRUCache<string, { window: number; count: number }>({ max: MAX_ADDRESSES });

  constructor(private readonly perMinute: number) {}

  /** Counts one more. @param nowMs milliseconds since 1970 */
  admits(address: string, nowMs: number): boolean {
    const window = Math.floor(nowMs / WINDOW_MS);
    const source = networkOf(address);
    const known = this.counts.get(source);
    if (known?.window === window) return ++known.count <= this.perMinute;
    this.counts.set(source, { window, count: 1 });
    return true;
  }

  /** Whether one more would be too many. */
  isReached(address: string, nowMs: number): boolean {
    const known = this.counts.get(networkOf(address));
    return known !== undefined && known.window === Math.floor(nowMs / WINDOW_MS) && known.count >= this.perMinute;
  }
}

/** One person has 2^64 addresses of the sixth version: what counts is the network. */
export const networkOf = (address: string): string => {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].slice(0, 4).join(':');
};
