import type { Endpoint, Provider } from '../providers/index.js';

/** What a request line asks for. */
export interface Route {
  readonly provider: Provider;
  /** Null: the path is under the provider's mount but is not served. */
  readonly endpoint: Endpoint | null;
  /** Room in the path, decoded; null without one. */
  readonly room: string | null;
  /** From `/v1` on, without the query. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  /** Set when the path is served, but not with this method. */
  readonly allowedMethods: string | null;
}

interface Mount {
  prefix: string;
  provider: Provider;
}

const ROOM = /^\/rooms\/([^/]+)(\/.*)$/;

/** @returns a function that finds the route of a request, or null when the path is none of the relay's */
export const createRouter = (providers: readonly Provider[]): ((method: string, url: string) => Route | null) => {
  const mounts: Mount[] = providers
    .flatMap((provider) => provider.mounts.map((prefix) => ({ prefix, provider })))
    .sort((a, b) => b.prefix.length - a.prefix.length);

  return (method, url) => {
    const question = url.indexOf('?');
    const whole = question < 0 ? url : url.slice(0, question);
    const room = whole.startsWith('/rooms/') ? ROOM.exec(whole) : null;
    const path = room ? room[2]! : whole;
    const mount = mounts.find(({ prefix }) => isBelow(path, prefix));
    if (mount === undefined) return null;
    const pathFromV1 = path.slice(mount.prefix.length);
    const candidates = mount.provider.endpoints.filter((endpoint) => matches(endpoint, pathFromV1));
    const endpoint = candidates.find((candidate) => candidate.method === method) ?? null;
    return {
      provider: mount.provider,
      endpoint,
      room: room ? decodeSegment(room[1]!) : null,
      path: pathFromV1,
      query: question < 0 ? '' : url.slice(question),
      allowedMethods: endpoint === null && candidates.length > 0 ? candidates.map((candidate) => candidate.method).join(', ') : null,
    };
  };
};

/** A named mount owns everything below it; the bare alias owns `/v1` only, because the other services live at the root too. */
const isBelow = (path: string, prefix: string): boolean => {
  const base = prefix === '' ? '/v1' : prefix;
  return path.startsWith(base) && (path.length === base.length || path[base.length] === '/');
};

const matches = (endpoint: Endpoint, path: string): boolean =>
  endpoint.path.endsWith('/') ? path.length > endpoint.path.length && path.startsWith(endpoint.path) && !path.includes('..') : path === endpoint.path;

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};
