import { createRequire } from 'node:module';
import type { ApiScope, Meshagent } from '@meshagent/meshagent';

/** By `require`, because Node cannot load the package's ES modules: they are CommonJS in a folder that says otherwise. */
export const sdk = createRequire(import.meta.url)('@meshagent/meshagent') as typeof import('@meshagent/meshagent');

/** What TypeScript hides from users of the client. */
const PRIVATE = /^(constructor|buildUrl|request|parse.*|serialize.*|toSecretPayload|encodePathComponent)$/;

/** Every call that the client offers. */
export const offeredCalls: readonly string[] = Object.getOwnPropertyNames(sdk.Meshagent.prototype)
  .filter((name) => !PRIVATE.test(name))
  .sort();

/** The client, which notes the calls that are made through it, and not those that they make themselves. */
export const noting = (client: Meshagent, made: Set<string>): Meshagent =>
  new Proxy(client, {
    get: (target, name) => {
      made.add(String(name));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** What the client throws on a refusal. */
export const refusal = (status: number, code: string): RegExp => new RegExp(`Status code: ${status}, body: \\{"error":\\{.*"code":"${code}"`);

export interface MintOptions {
  /** Of the grant, when that is another than the one given. */
  room?: string;
  scope?: ApiScope;
  expiration?: Date;
}

/** A token for `ann`, made and signed by the client without asking the server. */
export const mintToken = (apiKey: string, room: string, options: MintOptions = {}): Promise<string> => {
  const token = new sdk.ParticipantToken({ name: 'ann' });
  token.addRoleGrant('agent');
  token.addRoomGrant(options.room ?? room);
  token.addApiGrant(options.scope ?? sdk.ApiScope.agentDefault());
  return token.toJwt({ apiKey, expiration: options.expiration });
};
