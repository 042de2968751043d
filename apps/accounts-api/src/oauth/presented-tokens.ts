import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import type { AdapterPayload } from 'oidc-provider';
import { accessTokenKeyId, type AccessTokenKeys, publicKeysOf, verifyAccessToken } from '@llm-proxy/shared-auth';
import { RevocationsStore } from './revocations.store.js';

interface Presented {
  handle: string;
  payload: AdapterPayload | null;
}

/**
 * The library revokes and introspects only tokens that its adapter finds by their value, and access tokens are not stored. While a request is
 * answered that presents one, it goes by a handle that nobody can guess, and the adapter finds under that what the token says.
 */
@Injectable()
export class PresentedTokens {
  private readonly presented = new AsyncLocalStorage<Presented>();

  constructor(private readonly revocations: RevocationsStore) {}

  /**
   * @param form of a revocation or introspection request
   * @param answer what answers the request, with the form that it is given
   */
  async during<Result>(form: URLSearchParams, keys: AccessTokenKeys, answer: (form: URLSearchParams) => Promise<Result>): Promise<Result> {
    const [token, ...more] = form.getAll('token');
    // The library's own tokens have no dots; what has some and is no valid access token of ours is found nowhere.
    if (token === undefined || more.length > 0 || !token.includes('.')) return answer(form);
    const handle = randomUUID();
    const renamed = new URLSearchParams(form);
    renamed.set('token', handle);
    return this.presented.run({ handle, payload: await this.payloadOf(token, keys) }, () => answer(renamed));
  }

  find(model: string, handle: string): AdapterPayload | undefined {
    const presented = this.presented.getStore();
    return presented?.handle === handle && presented.payload?.kind === model ? presented.payload : undefined;
  }

  /** @param tokenId of the token, as its payload says */
  async revoke(tokenId: string): Promise<void> {
    if (this.presented.getStore()?.payload?.jti === tokenId) await this.revocations.revokeToken(tokenId);
  }

  private async payloadOf(token: string, keys: AccessTokenKeys): Promise<AdapterPayload | null> {
    const key = publicKeysOf(keys).get(accessTokenKeyId(token) ?? '');
    const verified = key && verifyAccessToken(token, key, keys, Date.now());
    if (!verified?.ok || (await this.revocations.isRevoked(verified.token))) return null;
    const { userId, clientId } = verified.token;
    const { jti, iat, exp, aud, scope, project_id } = jwt.decode(token) as jwt.JwtPayload & { scope?: string; project_id?: string };
    const said = { jti: jti!, iat, exp, aud, scope, clientId, extra: { project_id } };
    return (userId === null ? { ...said, kind: 'ClientCredentials' } : { ...said, kind: 'AccessToken', accountId: userId }) as AdapterPayload;
  }
}
