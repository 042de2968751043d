import { readFileSync } from 'node:fs';
import path from 'node:path';
import { table } from '../report/table.mjs';
import { BODY_SIZES, STEADY_CONNECTIONS, THINKING_MS } from './measure-cpu.mjs';
import { measureRound } from './measure-round.mjs';
import { chatRequest } from './set-up.mjs';
import { THINKING_HEADER } from './thinking-header.mjs';

const CONNECTIONS = 32;
const SHOWN = 40;

/**
 * Writes a CPU profile of each relay under load, for Chrome's developer tools or VS Code, and lists where the time goes.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {{ folder: string, durationMs: number, print: (text: string) => void }} options
 */
export const profileRelays = async (bench, { folder, durationMs, print }) => {
  for (const { title, bytes, perSecond } of BODY_SIZES) {
    for (const target of /** @type {const} */ (['bare', 'gateway'])) {
      const saturated = { headers: {}, load: { connections: CONNECTIONS, durationMs } };
      const steady = { headers: { [THINKING_HEADER]: String(THINKING_MS) }, load: { connections: STEADY_CONNECTIONS, durationMs, perSecond: perSecond / 2 } };
      for (const [name, { headers, load }] of Object.entries({ saturated, steady })) {
        const request = chatRequest(bench, target, { bytes, headers });
        await measureRound(bench, target, request, load);
        await bench[target].call('startProfile');
        const { requests, cpuUs } = await measureRound(bench, target, request, load);
        const file = path.resolve(folder, `${target}-${bytes}-${name}.cpuprofile`);
        await bench[target].call('stopProfile', file);
        print(`\n${target}, ${title}, ${name}: ${requests} requests at ${cpuUs.toFixed(0)} µs; ${file}\n${selfTimes(file, requests)}`);
      }
    }
  }
};

/** @param {string} file @param {number} requests */
const selfTimes = (file, requests) => {
  /** @type {import('node:inspector').Profiler.Profile} */
  const { nodes, samples = [], timeDeltas = [] } = JSON.parse(readFileSync(file, 'utf8'));
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  /** @type {Map<string, number>} */
  const selfUs = new Map();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '?';
    selfUs.set(name, (selfUs.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const rows = [...selfUs].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
  return table(['function', 'self, µs per request'], rows.map(([name, us]) => [name, (us / requests).toFixed(2)]));
};

/** @param {import('node:inspector').Runtime.CallFrame} frame */
const nameOf = ({ functionName, url, lineNumber }) => {
  const place = url.replace(/^file:\/\//, '').replace(/^.*\/node_modules\//, '').split('/').slice(-3).join('/');
  return `${functionName || '(anonymous)'}${place === '' ? '' : ` ${place}:${lineNumber + 1}`}`;
};
