import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { engines, freePort, type ProviderSimulator, simulatorHeaders, startProviderSimulator, type TestDatabase } from '@llm-proxy/testing';
import { until } from './until.js';

const CALLS = 300;

/** One service in a process of its own, as `npm run start:<service>` runs it. */
class Service {
  readonly output: string[] = [];
  private readonly child: ChildProcess;

  constructor(
    readonly name: string,
    readonly url: string,
    env: Record<string, string>,
  ) {
    const main = fileURLToPath(new URL(`../../apps/${name}/dist/main.js`, import.meta.url));
    this.child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', main], { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
  }

  async ready(): Promise<void> {
    await until(async () => (await fetch(`${this.url}/readyz`)).ok, { timeoutMs: 180_000, stopWhen: () => this.ended }).catch((cause: unknown) => {
      throw new Error(`${this.name} did not start:\n${this.output.join('')}`, { cause });
    });
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.ended) return Promise.resolve(this.child.exitCode);
    const exited = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    return exited;
  }
}

describe('every service alone, several of each', () => {
  let simulator: ProviderSimulator;
  let database: TestDatabase;
  let spool: string;
  const services: Service[] = [];
  const operatorToken = `operator.${randomBytes(24).toString('base64url')}`;

  const start = async (name: string, env: Record<string, string>): Promise<Service> => {
    const port = await freePort();
    const service = new Service(name, `http://127.0.0.1:${port}`, { ...env, PORT: String(port), HOST: '127.0.0.1' });
    services.push(service);
    return service;
  };

  let gateways: Service[];
  let meterings: Service[];
  let billings: Service[];

  beforeAll(async () => {
    const [redisUrl, brokers] = await Promise.all([engines.redisUrl(), engines.kafkaBrokers()]);
    if (redisUrl === null || brokers === null) throw new Error('this journey needs Redis and Kafka');
    database = await engines.postgresDatabase();
    simulator = await startProviderSimulator({ recordedRequests: 0 });
    spool = await mkdtemp(path.join(tmpdir(), 'llm-proxy-spool-'));
    const shared = {
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: `scaled-${randomUUID()}.`,
      SERVICE_CREDENTIAL: randomBytes(24).toString('base64url'),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      MESHAGENT_SECRET: randomBytes(24).toString('base64url'),
      OPERATOR_TOKEN: operatorToken,
    };
    meterings = await Promise.all([start('metering', shared), start('metering', shared)]);
    billings = await Promise.all([start('billing', shared), start('billing', shared)]);
    const accounts = await start('accounts-api', { ...shared, BILLING_URL: billings[0]!.url });
    gateways = await Promise.all(
      [0, 1].map((slot) =>
        start('gateway', {
          ...shared,
          ACCOUNTS_API_URL: accounts.url,
          OPENAI_API_KEY: 'sk',
          OPENAI_BASE_URL: simulator.openAiBaseUrl,
          SPOOL_DIR: path.join(spool, String(slot)),
        }),
      ),
    );
    await Promise.all(services.map((service) => service.ready()));
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => service.end('SIGTERM')));
    await simulator?.close();
    await database?.drop();
    if (spool !== undefined) await rm(spool, { recursive: true, force: true });
  });

  const rest = async <Answer>(method: string, url: string, body?: object): Promise<Answer> => {
    const response = await fetch(gateways[0]!.url + url, {
      method,
      headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    expect([url, response.status]).toEqual([url, 200]);
    return (await response.json()) as Answer;
  };

  it('bills each call once, also when one of each is killed in the middle', async () => {
    const { id } = await rest<{ id: string }>('POST', '/accounts/projects', { name: 'scaled' });
    const { value } = await rest<{ value: string }>('POST', `/accounts/projects/${id}/api-keys`, { name: 'k', description: '' });
    const call = async (number: number) => {
      const response = await fetch(`${gateways[number % 2]!.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${value}`, ...simulatorHeaders({ usage: { prompt_tokens: number, completion_tokens: 0 } }) },
        body: JSON.stringify({ model: 'gpt-4.1', messages: [] }),
      });
      await response.text();
      return response.status;
    };
    for (let number = 1; number <= CALLS; number++) {
      expect(await call(number)).toBe(200);
      if (number === CALLS / 3) await Promise.all([meterings[1]!.end('SIGKILL'), billings[1]!.end('SIGKILL')]);
    }
    type Rows = { usage: { type: string; quantity: string; price_nano_usd: string }[] };
    const tokens = (CALLS * (CALLS + 1)) / 2;
    const usage = async () => (await rest<Rows>('GET', `/accounts/projects/${id}/usage`)).usage;
    await until(async () => (await usage()).some(({ type, quantity }) => type === 'llm_proxy_surcharge' && Number(quantity) >= CALLS));
    expect((await usage()).map(({ type, quantity }) => [type, quantity]).sort()).toEqual([
      ['input_tokens', String(tokens)],
      ['llm_proxy_surcharge', String(CALLS)],
    ]);
  });

  it('ends cleanly when it is told to', async () => {
    const codes = await Promise.all(services.filter((service) => !service.ended).map(async (service) => [service.name, await service.end('SIGTERM')]));
    expect(codes.filter(([, code]) => code !== 0)).toEqual([]);
  });
});
