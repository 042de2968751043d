import { createInterface } from 'node:readline';

/** Any error of the engine; what kind it is stands in the data. */
const ENGINE_ERROR = 4466;

const send = (/** @type {object} */ message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

const errorOf = (/** @type {any} */ error) => ({
  code: ENGINE_ERROR,
  message: 'An error happened. Check the data field for details.',
  data: { is_panic: false, message: String(error?.message ?? error), error_code: error?.code, meta: error?.meta ?? null },
});

/** An engine opens no shadow database for these unless it has looked at the same migrations just before. */
const NEED_DIAGNOSIS = new Set(['evaluateDataLoss', 'createMigration']);

const answer = async (/** @type {any} */ engine, /** @type {{ id: number, method: string, params?: any }} */ { id, method, params }) => {
  if (NEED_DIAGNOSIS.has(method)) await engine.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters });
  const result = await engine[method](params ?? {});
  // The native engine prints a difference itself; Prisma expects it as a message of its own.
  if (method === 'diff' && typeof result?.stdout === 'string') send({ id: 0, method: 'print', params: { content: result.stdout } });
  send({ id, result: result ?? null });
};

/**
 * Answers one request after the other, until standard input ends. Each gets an engine of its own, because what an
 * engine did before changes what it can do next.
 * @param {() => Promise<unknown>} createEngine
 */
export const serveRequests = async (createEngine) => {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      await answer(await createEngine(), request);
    } catch (error) {
      send({ id: request.id, error: errorOf(error) });
    }
  }
};
