import { llmGrantOf } from '@llm-proxy/shared-auth';
import type { UsageReportQuery } from '@llm-proxy/usage-schema';
import type { Caller } from '../access/caller.js';
import { AccountsError } from '../accounts.errors.js';
import { participantNameOf } from '../profiles/caller-profile.js';

/**
 * Narrows a report to what the caller itself used: a service account, or a participant by name.
 * @throws AccountsError `forbidden` for a participant that may not call models at all
 */
export const onlyOwn = (query: UsageReportQuery, caller: Caller): UsageReportQuery => {
  if (caller.kind === 'participant' && llmGrantOf(caller.claims) === null) throw new AccountsError('forbidden');
  const subject = caller.kind === 'api_key' ? caller.serviceAccountId : caller.kind === 'user' ? caller.userId : participantNameOf(caller);
  return { ...query, filters: { ...query.filters, subjects: [subject] } };
};
