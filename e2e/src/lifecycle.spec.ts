import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { simulatorHeaders } from '@llm-proxy/testing';
import { expectBill, expectBilledAnswers } from './bill.js';
import { type System, startSystem } from './system.js';

const run = promisify(execFile);

const chat = (system: System, control: Parameters<typeof simulatorHeaders>[0] = {}) =>
  fetch(`${system.baseUrl}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.apiKey}`, ...simulatorHeaders(control) },
    body: JSON.stringify({ model: 'gpt-4.1', messages: [] }),
  });

/** Processes that name the folder on their command line or run in it. */
const processesOf = async (directory: string): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return commandLine.includes(directory) || environment.includes(`DATA_DIR=${directory}`) ? `${pid} ${commandLine.replaceAll('\0', ' ')}` : null;
    }),
  );
  return found.filter((line) => line !== null);
};

describe('npm start', () => {
  const systems: System[] = [];
  const start = async (options: Parameters<typeof startSystem>[0] = {}): Promise<System> => {
    const system = await startSystem(options);
    systems.push(system);
    return system;
  };
  afterEach(async () => {
    for (const system of systems.splice(0).reverse()) await system.dispose();
  });

  it('says that the simulator answers, labels its answers, and prints a call that can be pasted', async () => {
    const system = await start();
    expect(system.output()).toMatch(/SIMULATOR/);
    const response = await chat(system);
    expect([response.status, response.headers.get('x-llm-proxy-simulator')]).toEqual([200, 'true']);

    const pasted = system.output().slice(system.output().indexOf('source '), system.output().indexOf('Ctrl-C'));
    const { stdout } = await run('bash', ['-c', pasted]);
    expect(stdout).toContain('simulated');
    await expectBilledAnswers(system, 2);
    const again = await run('bash', ['-c', pasted]);
    expect(again.stdout).toContain('llm_proxy_surcharge');
  });

  it('keeps its data and its key over a restart, and leaves no process behind', async () => {
    const first = await start();
    await chat(first, { usage: { prompt_tokens: 10, completion_tokens: 0 } });
    await expectBill(first, {}, ['gpt-4.1 input_tokens 10 20000', 'gpt-4.1 llm_proxy_surcharge 1 1000']);
    const startedStopping = Date.now();
    expect(await first.stop()).toBe(0);
    expect(Date.now() - startedStopping).toBeLessThan(10_000);
    expect(await processesOf(first.dataDir)).toEqual([]);

    const second = await start({ dataDir: first.dataDir });
    expect(second.apiKey).toBe(first.apiKey);
    await chat(second, { usage: { prompt_tokens: 5, completion_tokens: 0 } });
    await expectBill(second, {}, ['gpt-4.1 input_tokens 15 30000', 'gpt-4.1 llm_proxy_surcharge 2 1500']);
  });

  it('mends what a kill -9 left, and bills the answers given just before it', async () => {
    const first = await start();
    await chat(first);
    await expectBilledAnswers(first, 1);
    await Promise.all(Array.from({ length: 9 }, async () => (await chat(first)).text()));
    await first.kill();
    const second = await start({ dataDir: first.dataDir, port: first.port });
    expect((await chat(second)).status).toBe(200);
    await expectBilledAnswers(second, 11);
    await second.stop();
    expect(await processesOf(first.dataDir)).toEqual([]);
  });

  it('runs twice side by side', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    expect(one.projectId).not.toBe(two.projectId);
    expect([(await chat(one)).status, (await chat(two)).status]).toEqual([200, 200]);
    await Promise.all([expectBilledAnswers(one, 1), expectBilledAnswers(two, 1)]);
  });

  it('several gateway processes share the port, lose no event, and end with it', async () => {
    const system = await start({ env: { GATEWAY_WORKERS: '2' } });
    const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await chat(system)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    await expectBilledAnswers(system, 40);
    expect(await system.stop()).toBe(0);
    expect(await processesOf(system.dataDir)).toEqual([]);
  });

  it('says what is wrong when the port is taken', async () => {
    const system = await start();
    await expect(startSystem({ port: system.port })).rejects.toThrow(new RegExp(`Port ${system.port} is taken`));
  });

  it('says what is wrong with a setting', async () => {
    await expect(startSystem({ env: { GATEWAY_WORKERS: 'many' } })).rejects.toThrow(/GATEWAY_WORKERS/);
  });
});
