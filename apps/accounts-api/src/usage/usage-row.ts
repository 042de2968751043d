import { picoUsdToNumber } from '@llm-proxy/pricing';
import { SURCHARGE_TYPE, type UsageReportRow } from '@llm-proxy/usage-schema';
import type { z } from 'zod';
import type { usageRowSchema } from './usage-answers.schema.js';

/** Names of what rows refer to by id. */
export interface RowNames {
  projects: ReadonlyMap<string, string>;
  users: ReadonlyMap<string, string>;
}

/**
 * A row as clients read it. Numbers are for showing; the `_nano_usd` texts are exact. `total` is the quantity, except on the surcharge row,
 * where it is money; `subtotal` and `price` are what the row was charged, in US$.
 */
export const toUsageRow = (row: UsageReportRow, names: RowNames): z.infer<typeof usageRowSchema> => {
  const price = picoUsdToNumber(BigInt(row.amountNanoUsd) * 1_000n);
  return {
    project_id: row.projectId,
    project_name: names.projects.get(row.projectId) ?? null,
    ...(row.time !== null && { time: row.time }),
    provider: row.provider,
    model: row.model,
    type: row.type,
    total: row.type === SURCHARGE_TYPE ? price : Number(row.quantity),
    quantity: row.quantity,
    subtotal: price,
    price,
    price_nano_usd: row.amountNanoUsd,
    ...(row.user !== undefined && whoIs(row, names.users)),
    ...(row.room !== undefined && { room: row.room }),
    ...(row.client !== undefined && { client: row.client }),
    ...(row.apiKey !== undefined && { api_key_id: row.apiKey }),
    ...(row.annotations !== undefined && { annotations: row.annotations }),
  };
};

/** A participant is a user of its own when it stands for none. */
const whoIs = ({ user, participant }: UsageReportRow, users: RowNames['users']) => {
  const id = user ?? participant ?? null;
  return { user_id: id, user_name: participant ?? (id === null ? null : (users.get(id) ?? id)) };
};
