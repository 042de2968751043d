import type { IncomingMessage } from 'node:http';

/** The address that attempts are counted for: the one that the outermost of our own proxies saw. What stands left of it may be invented. */
export const addressOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>, trustedProxies: number): string => {
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',').map((entry) => entry.trim()).filter(Boolean);
  const own = request.socket.remoteAddress ?? 'unknown';
  if (trustedProxies === 0 || forwarded.length === 0) return own;
  return forwarded[Math.max(0, forwarded.length - trustedProxies)]!;
};
