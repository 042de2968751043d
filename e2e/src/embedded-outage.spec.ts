import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { simulatorHeaders } from '@llm-proxy/testing';
import { expectBill } from './bill.js';
import { type System, startSystem } from './system.js';

const CALLS = 20;

describe('the embedded PostgreSQL, paused', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ env: { PUBLISH_TIMEOUT_MS: '500' } });
  });
  afterAll(() => system?.dispose());

  /** All processes of the server, as a frozen disk or host would stop them. */
  const signal = async (name: 'STOP' | 'CONT') => {
    const [pid] = (await readFile(path.join(system.dataDir, 'postgres/pgdata/postmaster.pid'), 'utf8')).split('\n');
    const children = spawnSync('ps', ['-o', 'pid=', '--ppid', pid!]).stdout.toString().trim().split(/\s+/);
    for (const one of [pid!, ...children]) process.kill(Number(one), `SIG${name}`);
  };

  it('calls go on while it hangs, and are billed when it is back', async () => {
    const call = async () => {
      const response = await fetch(`${system.baseUrl}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${system.apiKey}`, ...simulatorHeaders({ usage: { prompt_tokens: 10, completion_tokens: 0 } }) },
        body: JSON.stringify({ model: 'gpt-4.1', messages: [] }),
      });
      return response.status;
    };
    expect(await call()).toBe(200);
    await signal('STOP');
    try {
      for (let made = 1; made < CALLS; made++) expect(await call()).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    } finally {
      await signal('CONT');
    }
    await expectBill(system, {}, [`gpt-4.1 input_tokens ${CALLS * 10} ${CALLS * 20_000}`, `gpt-4.1 llm_proxy_surcharge ${CALLS} ${CALLS * 1_000}`]);
  });
});
