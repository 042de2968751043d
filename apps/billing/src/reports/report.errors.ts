/** The question has more rows than one answer may hold. */
export class ReportTooLargeError extends Error {
  override readonly name = 'ReportTooLargeError';
  constructor(mostRows: number) {
    super(`The report has more than ${mostRows} rows: ask for a shorter time, a longer interval or fewer dimensions.`);
  }
}
