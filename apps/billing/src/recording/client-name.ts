const LONGEST = 128;

/** The `User-Agent` as reports show it. Cut, because everyone may send what they like and each value is a row of the totals. */
export const clientName = (client: string | null): string | null => (client === null ? null : client.slice(0, LONGEST).toWellFormed());
