import { generateKeyPairSync } from 'node:crypto';
import jwt from 'jsonwebtoken';

const ISSUER = 'https://accounts.bench';
const AUDIENCE = 'https://accounts.bench/api';
const KEY_ID = 'bench-key';
const TOKEN_LIFE_S = 3_600;

/** @typedef {ReturnType<typeof newTokenIssuer>} TokenIssuer */

/** An authorization server's signing key, and the access tokens it signs. */
export const newTokenIssuer = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  return {
    keys: { issuer: ISSUER, audience: AUDIENCE, keys: [{ kid: KEY_ID, kty: /** @type {const} */ ('RSA'), n: String(n), e: String(e) }] },
    /** @param {string} userId */
    accessTokenOf: (userId) =>
      jwt.sign({ client_id: 'bench', scope: 'profile llm:invoke' }, privateKey, {
        algorithm: 'RS256',
        keyid: KEY_ID,
        header: { alg: 'RS256', typ: 'at+jwt' },
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: userId,
        expiresIn: TOKEN_LIFE_S,
      }),
  };
};
