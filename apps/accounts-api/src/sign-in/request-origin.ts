import type { IncomingMessage } from 'node:http';

/** Whether a form was sent from a page of ours. Browsers say where it comes from; a program that says nothing has no cookies of somebody else. */
export const isFromOwnPage = (request: Pick<IncomingMessage, 'headers'>, publicUrl: string): boolean => {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  const own = new Set([new URL(publicUrl).host, host, request.headers['x-forwarded-host']]);
  return URL.canParse(origin) && own.has(new URL(origin).host);
};
