import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';

/** A name or address that only this machine or its network knows, where callers must not be able to send us. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
  constructor(readonly host: string) {
    super(`${host} is not a public address`);
  }
}

/** https://www.iana.org/assignments/iana-ipv4-special-registry: everything that is not globally reachable, multicast and the reserved rest. */
const PRIVATE_V4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** Inside 2000::/3, the only global block: protocol assignments with Teredo, documentation, and 6to4, which carries an IPv4 address. */
const PRIVATE_V6: [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const listOf = (family: 'ipv4' | 'ipv6', nets: [string, number][]): BlockList => {
  const list = new BlockList();
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, family);
  return list;
};

const privateV4 = listOf('ipv4', PRIVATE_V4);
const privateV6 = listOf('ipv6', PRIVATE_V6);
const globalV6 = listOf('ipv6', [['2000::', 3]]);

/** False also for what is no address. IPv4 in IPv6 clothes is never public, because nobody is reached that way who is not reached plainly. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address);
  if (family === 4) return !privateV4.check(address, 'ipv4');
  return family === 6 && globalV6.check(address, 'ipv6') && !privateV6.check(address, 'ipv6');
};

/** Names that a network answers for itself. */
const LOCAL_NAME = /^(?:localhost|[^.]*)$|\.(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa)$/;

/**
 * What is wrong with a base URL that somebody else chose, as far as the URL itself tells; where its name leads is checked by `lookupPublic` at
 * the moment of connecting.
 * @param allowedHosts `host` or `host:port` that the operator vouches for
 * @returns null: nothing
 */
export const problemOfForeignUrl = (url: URL, allowedHosts: readonly string[]): string | null => {
  if (isAllowedHost(url, allowedHosts)) return null;
  if (url.protocol !== 'https:') return 'must be an https URL';
  const host = bareHost(url);
  const isPublic = isIP(host) === 0 ? !LOCAL_NAME.test(host.replace(/\.$/, '')) : isPublicAddress(host);
  return isPublic ? null : 'leads to a private address, which this deployment does not allow';
};

/** Did the operator name this host, or this host and port? */
export const isAllowedHost = (url: URL, allowedHosts: readonly string[]): boolean => {
  const names = [bareHost(url), url.hostname, url.host];
  return allowedHosts.some((allowed) => names.includes(allowed.toLowerCase()));
};

const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * For `net.connect`: resolves once, and the connection goes to just the addresses that were looked at, so that no second answer of the name
 * server can lead it elsewhere. One private address among them is enough to refuse.
 */
export const lookupPublic = (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) return callback(new PrivateAddressError(hostname), []);
    return options.all ? callback(null, addresses) : callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};
