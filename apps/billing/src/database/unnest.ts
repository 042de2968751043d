import { Prisma } from '../generated/client.js';

export interface Column<Row> {
  name: string;
  /** PostgreSQL type of the column. */
  type: string;
  /** Text, because that is what the driver sends in the end whatever the type. */
  value: (row: Row) => string | null;
}

/** `"a","b"`. Names come from our own column lists, never from input. */
export const columnNames = <Row>(columns: readonly Column<Row>[]): Prisma.Sql => Prisma.raw(columns.map(({ name }) => `"${name}"`).join(', '));

/** `unnest($1::uuid[], $2::text[], …)`: one parameter per column, however many rows. */
export const unnest = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Prisma.Sql =>
  Prisma.sql`unnest(${Prisma.join(columns.map(({ type, value }) => Prisma.sql`${arrayText(rows, value)}::${Prisma.raw(type)}[]`))})`;

/** PostgreSQL's text form of an array. Arrays of strings would pass through Prisma's JSON and the driver's escaping, which cost as much as all the rest of a batch. */
const arrayText = <Row>(rows: readonly Row[], value: Column<Row>['value']): string => {
  let text = '{';
  for (let index = 0; index < rows.length; index += 1) {
    const element = value(rows[index]!);
    if (index > 0) text += ',';
    text += element === null ? 'NULL' : quoted(element);
  }
  return `${text}}`;
};

const SPECIAL = /["\\]/;

const quoted = (element: string): string => (SPECIAL.test(element) ? `"${element.replace(/["\\]/g, '\\$&')}"` : `"${element}"`);
