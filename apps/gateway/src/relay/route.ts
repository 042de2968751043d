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
  /** A look whether anybody is there (`HEAD` on the base URL), as agents do at their start, before they have a credential. */
  readonly isProbe: boolean;
}

interface Mount {
  prefix: string;
  provider: Provider;
  find: (path: string) => readonly Endpoint[];
}

const ROOM = /^\/rooms\/([^/]+)(\/.*)$/;

/** @returns a function that finds the route of a request, or null when the path is none of the relay's */
export const createRouter = (providers: readonly Provider[]): ((method: string, url: string) => Route | null) => {
  const mounts: Mount[] = providers
    .flatMap((provider) => {
      const find = endpointFinder(provider.endpoints);
      return provider.mounts.map((prefix) => ({ prefix, provider, find }));
    })
    .sort((a, b) => b.prefix.length - a.prefix.length);

  return (method, url) => {
    const question = url.indexOf('?');
    const whole = question < 0 ? url : url.slice(0, question);
    const room = whole.startsWith('/rooms/') ? ROOM.exec(whole) : null;
    const path = room ? room[2]! : whole;
    const mount = mounts.find(({ prefix }) => isBelow(path, prefix));
    if (mount === undefined) return null;
    const pathFromV1 = path.slice(mount.prefix.length);
    const candidates = mount.find(pathFromV1);
    const wanted = method === 'HEAD' ? 'GET' : method;
    const endpoint = candidates.find((candidate) => candidate.method === wanted) ?? null;
    return {
      provider: mount.provider,
      endpoint,
      room: room ? decodeSegment(room[1]!) : null,
      path: pathFromV1,
      query: question < 0 ? '' : url.slice(question),
      allowedMethods: endpoint === null && candidates.length > 0 ? candidates.map((candidate) => candidate.method).join(', ') : null,
      isProbe: method === 'HEAD' && (pathFromV1 === '' || pathFromV1 === '/'),
    };
  };
};

/** A named mount owns everything below it; the bare alias owns `/v1` only, because the other services live at the root too. */
const isBelow = (path: string, prefix: string): boolean => {
  const base = prefix === '' ? '/v1' : prefix;
  return path.startsWith(base) && (path.length === base.length || path[base.length] === '/');
};

/** Exact paths by a map, the few others one by one. */
const endpointFinder = (endpoints: readonly Endpoint[]): ((path: string) => readonly Endpoint[]) => {
  const exact = new Map<string, Endpoint[]>();
  const patterns = endpoints.flatMap((endpoint) => {
    if (isPattern(endpoint.path)) return [{ endpoint, regex: patternOf(endpoint.path) }];
    exact.set(endpoint.path, [...(exact.get(endpoint.path) ?? []), endpoint]);
    return [];
  });
  return (path) => exact.get(path) ?? (LEADS_ELSEWHERE.test(path) ? [] : patterns.filter(({ regex }) => regex.test(path)).map(({ endpoint }) => endpoint));
};

/** A segment of dots, however written, could leave the prefix on the provider's side. */
const LEADS_ELSEWHERE = /(^|\/)(\.|%2e){1,2}(\/|$)|\.\.|%2f/i;

const isPattern = (path: string): boolean => path.endsWith('/') || path.includes('{id}');

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace('{id}', '[^/]+')}${path.endsWith('/') ? '.' : '$'}`);

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};
