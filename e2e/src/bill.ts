import type { System } from './system.js';
import { until } from './until.js';

/** A row of the usage report, as far as the journeys look at it. */
export interface BillRow {
  provider: string;
  model: string;
  type: string;
  /** Exact decimal text. */
  quantity: string;
  /** Exact integer text. */
  price_nano_usd: string;
  price: number;
  [column: string]: unknown;
}

export const api = async <Answer>(system: System, method: string, path: string, body?: unknown, credential: string = system.apiKey): Promise<Answer> => {
  const response = await fetch(system.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
};

/** As the operator of the deployment. */
export const operator = async <Answer = Record<string, string>>(system: System, method: string, path: string, body?: unknown): Promise<Answer> =>
  api(system, method, path, body, (await system.variables('operator.env'))['OPERATOR_TOKEN']);

/** The project's bill, filtered as `GET …/usage` allows. */
export const bill = async (system: System, query: Record<string, string> = {}): Promise<BillRow[]> => {
  const { usage } = await api<{ usage: BillRow[] }>(system, 'GET', `/accounts/projects/${system.projectId}/usage?${new URLSearchParams(query)}`);
  return usage;
};

/** `type: quantity × …= nano-dollars`, so that a whole bill can be compared in one look. */
export const lines = (rows: readonly BillRow[]): string[] => rows.map((row) => `${row.model} ${row.type} ${row.quantity} ${row.price_nano_usd}`).sort();

/** Waits until what is read holds exactly these lines. A call is billed within moments, not at once. */
export const expectLines = async (read: () => Promise<readonly BillRow[]>, expected: readonly string[]): Promise<void> => {
  const wanted = [...expected].sort();
  await until(async () => JSON.stringify(lines(await read())) === JSON.stringify(wanted)).catch(() => undefined);
  expect(lines(await read())).toEqual(wanted);
};

/** Waits until the bill holds exactly these lines. */
export const expectBill = (system: System, query: Record<string, string>, expected: readonly string[]): Promise<void> => expectLines(() => bill(system, query), expected);

/** How many answers were billed: each has one surcharge line. */
export const billedAnswers = async (system: System, query: Record<string, string> = {}): Promise<number> =>
  (await bill(system, { ...query, usage_type: 'llm_proxy_surcharge' })).reduce((sum, row) => sum + Number(row.quantity), 0);

/** Waits until exactly so many answers are billed; says how many were when time is up. */
export const expectBilledAnswers = async (system: System, count: number, query: Record<string, string> = {}): Promise<void> => {
  await until(async () => (await billedAnswers(system, query)) === count).catch(() => undefined);
  expect(await billedAnswers(system, query)).toBe(count);
};
