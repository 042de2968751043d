import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openDatabase } from '../database/database.js';
import { compareTotals, type Difference } from './compare-totals.js';

const USAGE = `Compares the usage totals with the sums of the line items.
  node reconcile.command.js [--project <id>] [--from 2026-11-01] [--to 2026-11-30]
Reads DATABASE_URL. Days are UTC and inclusive. Exit code 0: equal; 1: different, each difference on a line; 2: could not tell.
`;

/** A year of events may take a while; nobody waits for it but the operator. */
const STATEMENT_TIMEOUT_MS = 600_000;

const rangeSchema = z.object({ project: z.uuid().optional(), from: z.iso.date().optional(), to: z.iso.date().optional() });

const lineOf = ({ projectId, day, dimensions, inLines, inTotals }: Difference): string =>
  `${JSON.stringify({ projectId, day, ...dimensions, inLines, inTotals })}\n`;

/**
 * The command behind `reconcile.command.ts`.
 * @param databaseUrl asked for when it is needed, so that `--help` works without settings
 * @returns the exit code
 */
export const reconcile = async (args: string[], databaseUrl: () => string, write: (text: string) => void): Promise<number> => {
  const { values } = parseArgs({
    args,
    options: { project: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    write(USAGE);
    return 0;
  }
  const { project: projectId, ...days } = rangeSchema.parse(values);
  const database = openDatabase({ databaseUrl: databaseUrl(), applicationName: 'llm-proxy-reconcile', maxConnections: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  try {
    const differences = await compareTotals(database, { ...days, projectId });
    for (const difference of differences) write(lineOf(difference));
    write(differences.length === 0 ? 'Totals equal the sums of the lines.\n' : `${differences.length} differences.\n`);
    return differences.length === 0 ? 0 : 1;
  } finally {
    await database.$disconnect();
  }
};
