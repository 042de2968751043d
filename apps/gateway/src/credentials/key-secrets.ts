import type { KeyObject } from 'node:crypto';
import { type ProjectPolicy, type SecretBox, hmacKeyOf, sealedFields, secretDigest } from '@llm-proxy/shared-auth';

export type PolicyKey = ProjectPolicy['apiKeys'][number];

export interface OpenedKey {
  /** What the secret is compared by. */
  readonly digest: Buffer;
  /** What participant tokens are verified with. */
  readonly hmacKey: KeyObject;
}

/** Opens each key's secret once, for as long as the project's policy stands: whoever guesses secrets of a key does not make us decrypt it every time. */
export class KeySecrets {
  private readonly opened = new WeakMap<PolicyKey, OpenedKey>();

  constructor(private readonly secretBox: SecretBox) {}

  /** @throws SealError */
  of(key: PolicyKey, projectId: string): OpenedKey {
    const known = this.opened.get(key);
    if (known !== undefined) return known;
    const secret = this.secretBox.open(key.sealedSecret, { projectId, field: sealedFields.apiKeySecret(key.id) });
    const opened = { digest: secretDigest(secret), hmacKey: hmacKeyOf(secret) };
    this.opened.set(key, opened);
    return opened;
  }
}
