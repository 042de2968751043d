import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** All on this machine alone. */
export const HOST = '127.0.0.1';

/** Below the ports that systems hand out by themselves, from 32,768 on: one of those may go to any connection that begins before it is used. */
const FIRST = 20_000;
const END = 32_000;
const MAX_TRIES = 1_000;

/**
 * Different ports that nobody listens on at the moment.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export const freePorts = async (count) => {
  /** @type {import('node:net').Server[]} */
  const probes = [];
  for (let tries = 0; probes.length < count; tries++) {
    if (tries === MAX_TRIES) throw new Error(`no free port between ${FIRST} and ${END}`);
    const probe = createServer().listen(randomInt(FIRST, END), HOST);
    const isFree = await once(probe, 'listening').then(() => true, () => false);
    if (isFree) probes.push(probe);
  }
  const ports = probes.map((probe) => /** @type {import('node:net').AddressInfo} */ (probe.address()).port);
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  return ports;
};
