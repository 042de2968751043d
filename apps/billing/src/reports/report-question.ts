import type { UsageReportQuery } from '@llm-proxy/usage-schema';

const DAY_MS = 86_400_000;

/** What is asked, with instants parsed. Both ways to answer read it, so that they cannot understand it differently. */
export interface ReportQuestion extends Omit<UsageReportQuery, 'start' | 'end'> {
  start: Date | null;
  end: Date | null;
}

export const toQuestion = ({ start, end, ...rest }: UsageReportQuery): ReportQuestion => ({
  ...rest,
  groupBy: [...new Set(rest.groupBy)],
  start: start === undefined ? null : new Date(start),
  end: end === undefined ? null : new Date(end),
});

const isMidnight = (instant: Date | null): boolean => instant === null || instant.getTime() % DAY_MS === 0;

/** The totals know whole UTC days and no annotations. */
export const totalsCanAnswer = (question: ReportQuestion): boolean =>
  isMidnight(question.start) &&
  isMidnight(question.end) &&
  question.interval !== 'hour' &&
  !question.groupBy.includes('annotations') &&
  Object.keys(question.filters.annotations ?? {}).length === 0;
