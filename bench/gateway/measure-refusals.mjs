import { randomUUID } from 'node:crypto';
import { formatApiKey, newApiKeySecret, parseApiKey } from '@llm-proxy/shared-auth';
import { spread } from '../report/statistics.mjs';
import { table, withSpread } from '../report/table.mjs';
import { measureRound } from './measure-round.mjs';
import { chatRequest } from './set-up.mjs';

const CONNECTIONS = 32;

/** @param {import('./set-up.mjs').Bench} bench */
const refusedCalls = (bench) => {
  const known = parseApiKey(bench.apiKey);
  if (known === null) throw new Error('the API key of the benchmark cannot be read');
  const wrongSecret = formatApiKey({ ...known, secret: newApiKeySecret() });
  const unknownProject = formatApiKey({ keyId: randomUUID(), projectId: randomUUID(), secret: newApiKeySecret() });
  return [
    { title: 'model without a price', status: 400, body: { model: 'no-such-model' } },
    { title: 'wrong secret', status: 401, apiKey: wrongSecret },
    { title: 'unknown project', status: 401, apiKey: unknownProject },
    { title: 'no credential', status: 401, apiKey: '' },
  ];
};

/**
 * What a call costs that goes nowhere: somebody who guesses keys must not be dear.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {import('./measure-cpu.mjs').Effort} effort
 */
export const measureRefusals = async (bench, { rounds, roundMs }) => {
  const figures = [];
  for (const { title, status, ...call } of refusedCalls(bench)) {
    const request = chatRequest(bench, 'gateway', { bytes: 1_500, ...call });
    const round = () => measureRound(bench, 'gateway', request, { connections: CONNECTIONS, durationMs: roundMs, expectStatus: status });
    await round();
    const cpuUs = [];
    for (let number = 0; number < rounds; number++) cpuUs.push((await round()).cpuUs);
    figures.push({ title, status, cpuUs: spread(cpuUs) });
  }
  return figures;
};

/** @param {Awaited<ReturnType<typeof measureRefusals>>} figures */
export const refusalTable = (figures) =>
  table(
    ['refused for', 'status', 'gateway CPU, µs'],
    figures.map(({ title, status, cpuUs }) => [title, String(status), withSpread(cpuUs)]),
  );
