import type { UsageReportQuery } from '@llm-proxy/usage-schema';
import { type Caller, callerIdOf } from '../access/caller.js';

/** Narrows a report to what the caller itself used: a service account, a user, or a participant by name. */
export const onlyOwn = (query: UsageReportQuery, caller: Caller): UsageReportQuery => ({
  ...query,
  filters: { ...query.filters, subjects: [callerIdOf(caller)] },
});
