import { parseApiKey } from '@llm-proxy/shared-auth';
import { isUuid } from '../http/fields.schema.js';

/** Whoever finds a leaked key has its value, whoever looks at the list has its id. Null: neither, or of another project. */
export const keyIdToRevoke = (idOrValue: string, projectId: string): string | null => {
  if (isUuid(idOrValue)) return idOrValue;
  const key = parseApiKey(idOrValue);
  return key && key.projectId === projectId ? key.keyId : null;
};
