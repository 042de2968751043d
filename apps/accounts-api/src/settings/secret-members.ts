import { AccountsError } from '../accounts.errors.js';

type Json = unknown;
type JsonObject = Record<string, Json>;

/** What stands in a document under one of these names is a credential, or holds some. */
const SECRET_NAME = /(api_?key|secret|token|password|authorization|credentials?|headers)$/i;
const SHOWN_FOR_A_SECRET = /^(.+)_(?:set|hint)$/;

export interface SplitDocument {
  /** To be kept and shown as it is. Instead of a secret member it says that there is one, and how it ends. */
  shown: JsonObject;
  /** The values that were taken out, by their place in the document (JSON Pointer). */
  secrets: Record<string, Json>;
}

/**
 * Takes the secrets out of a document. What is shown of a secret can be sent back along with the secret, but not in its place.
 * @throws AccountsError `invalid_request`
 */
export const splitSecrets = (document: JsonObject): SplitDocument => {
  const secrets: Record<string, Json> = {};
  const shown = withoutSecrets(document, '', secrets) as JsonObject;
  return { shown, secrets };
};

const withoutSecrets = (value: Json, place: string, secrets: Record<string, Json>): Json => {
  if (Array.isArray(value)) return value.map((item, index) => withoutSecrets(item, `${place}/${index}`, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, Json][] => {
      const here = `${place}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (isShownForASecret(name, value)) return [];
      if (!SECRET_NAME.test(name) || isEmpty(member)) return [[name, withoutSecrets(member, here, secrets)]];
      secrets[here] = member;
      return [[`${name}_set`, true], ...(typeof member === 'string' ? [[`${name}_hint`, hintOf(member)] satisfies [string, Json]] : [])];
    }),
  );
};

/** @throws AccountsError `invalid_request` when the secret that it is shown for was not sent along */
const isShownForASecret = (name: string, siblings: object): boolean => {
  const secret = SHOWN_FOR_A_SECRET.exec(name)?.[1];
  if (secret === undefined || !SECRET_NAME.test(secret)) return false;
  if (!Object.hasOwn(siblings, secret)) throw new AccountsError('invalid_request', `${secret}: has to be sent again, because documents are replaced as a whole`);
  return true;
};

const isEmpty = (value: Json): boolean => value === null || value === '' || typeof value === 'boolean' || (typeof value === 'object' && Object.keys(value).length === 0);

/** The end of a secret, when enough of it stays hidden. */
const hintOf = (secret: string): string => (secret.length >= 16 ? `…${secret.slice(-4)}` : '…');
