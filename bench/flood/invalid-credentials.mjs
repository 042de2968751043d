import { randomBytes, randomUUID } from 'node:crypto';
import { formatApiKey, mintParticipantToken, newApiKeySecret, parseApiKey } from '@llm-proxy/shared-auth';

/**
 * @typedef {object} AttackedProject what whoever knows the product and one project of it can know
 * @property {string} projectId
 * @property {string} keyId
 * @property {string} accessToken anybody's, whose header and claims can be copied
 */

const SIGNATURE_BYTES = { HS256: 32, RS256: 256 };

const randomText = (/** @type {number} */ bytes) => randomBytes(bytes).toString('base64url');

/** A 48-character secret whose checksum is wrong, but for one time in four thousand million. */
const uncheckedSecret = () => randomText(36);

const partsOf = (/** @type {string} */ token) => token.slice(0, token.lastIndexOf('.') + 1);

/**
 * Each kind of invalid credential: a function that makes a new one every time, for as little as it can.
 * @type {Record<string, (project: AttackedProject) => () => string>}
 */
export const invalidCredentials = {
  garbage: () => () => randomText(36),
  'malformed API key': () => () => `ma-${randomText(60)}`,
  'wrong checksum': ({ projectId, keyId }) => {
    const start = formatApiKey({ keyId, projectId, secret: 'x' }).slice(0, -1);
    return () => start + uncheckedSecret();
  },
  'unknown project': () => () => formatApiKey({ keyId: randomUUID(), projectId: randomUUID(), secret: newApiKeySecret() }),
  'unknown key of a known project': ({ projectId }) => () => formatApiKey({ keyId: randomUUID(), projectId, secret: newApiKeySecret() }),
  'known key, wrong secret': ({ projectId, keyId }) => () => formatApiKey({ keyId, projectId, secret: newApiKeySecret() }),
  'forged participant token': ({ projectId, keyId }) => {
    const grants = [
      { name: 'room', scope: 'lab' },
      { name: 'api', scope: { llm: {} } },
    ];
    const start = partsOf(mintParticipantToken({ name: 'mallory', sub: projectId, kid: keyId, grants }, 'guessed'));
    return () => start + randomText(SIGNATURE_BYTES.HS256);
  },
  'forged access token': ({ accessToken }) => {
    const start = partsOf(accessToken);
    return () => start + randomText(SIGNATURE_BYTES.RS256);
  },
};

/** @param {{ apiKey: string, issuer: import('../gateway/token-issuer.mjs').TokenIssuer }} bench @returns {AttackedProject} */
export const attackedProject = ({ apiKey, issuer }) => {
  const known = parseApiKey(apiKey);
  if (known === null) throw new Error('the API key of the benchmark cannot be read');
  return { projectId: known.projectId, keyId: known.keyId, accessToken: issuer.accessTokenOf('mallory') };
};
