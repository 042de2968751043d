import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { freePort, type ProviderSimulator, type SimulatorControl, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { PRICED_USAGE_TOPIC, USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { versionFor } from './anthropic-version.js';
import { WebSocket } from 'ws';
import { api, billedAnswers } from './bill.js';
import { type SpanReceiver, startSpanReceiver } from './span-receiver.js';
import { everyFile, everyMessage, everyRow } from './stored.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';
import { waysToRun } from './ways-to-run.js';

const unique = () => randomBytes(20).toString('hex');
/** Half a secret is too much; so is its hex, which is how PostgreSQL shows bytes. */
const pieces = (secret: string): string[] => [secret.slice(0, 24), secret.slice(-24)].flatMap((piece) => [piece, Buffer.from(piece).toString('hex'), Buffer.from(secret).toString('base64').slice(0, 32)]);

const CALLS: [path: string, body: object, control: SimulatorControl][] = [
  ['/openai/v1/chat/completions', { model: 'gpt-4.1', messages: [] }, {}],
  ['/v1/chat/completions', { model: 'gpt-4.1', messages: [], stream: true }, { chunks: 4 }],
  ['/openai/v1/responses', { model: 'gpt-4.1', input: 'hello' }, {}],
  ['/openai/v1/responses', { model: 'gpt-4.1', input: 'hello', stream: true }, { compress: 'gzip' }],
  ['/openai/v1/embeddings', { model: 'text-embedding-3-small', input: 'hello' }, {}],
  ['/anthropic/v1/messages', { model: 'claude-sonnet-4-6', max_tokens: 5, messages: [{ role: 'user', content: 'hello' }] }, {}],
  ['/anthropic/v1/messages', { model: 'claude-sonnet-4-6', max_tokens: 5, stream: true, messages: [{ role: 'user', content: 'hello' }] }, {}],
];

const BREAKS: [name: string, control: SimulatorControl][] = [
  ['echo', { echoAuthorization: true }],
  ['echo, compressed', { echoAuthorization: true, compress: 'gzip' }],
  ['echo in pieces', { echoAuthorization: true, splitBytes: 3 }],
  ['an error', { status: 500 }],
  ['too many requests', { status: 429 }],
  ['a web page', { status: 502, error: '<html>bad gateway</html>' }],
  ['garbage', { garbage: 'json' }],
  ['cut', { cutAfterChunks: 1 }],
];

describe.each(waysToRun)('a secret goes through calls of all kinds and is nowhere afterwards, $name', ({ environment }) => {
  const keys = { openai: `sk-canary-${unique()}`, anthropic: `canary-ant-${unique()}`, own: `own-canary-${unique()}` };
  const secrets = new Map<string, string>(Object.entries(keys));
  const answers: string[] = [];
  let simulator: ProviderSimulator;
  let receiver: SpanReceiver;
  let system: System;
  let way: Awaited<ReturnType<(typeof waysToRun)[number]['environment']>>;
  let opsPort: number;

  beforeAll(async () => {
    simulator = await startProviderSimulator();
    receiver = await startSpanReceiver();
    way = await environment();
    opsPort = await freePort();
    system = await startSystem({
      env: {
        ...way.env,
        OPENAI_API_KEY: keys.openai,
        OPENAI_BASE_URL: simulator.openAiBaseUrl,
        ANTHROPIC_API_KEY: keys.anthropic,
        ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl,
        ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1',
        LOG_LEVEL: 'trace',
        LOG_REQUESTS: 'bodies',
        OPS_PORT: String(opsPort),
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      },
    });
    secrets.set('API key', system.apiKey);
  });
  afterAll(async () => {
    await system?.dispose();
    await Promise.all([simulator?.close(), receiver?.close()]);
    await way?.dispose();
  });

  /** Keeps what the caller got, to look through it at the end. */
  const send = async (path: string, body: object, headers: Record<string, string>): Promise<number> => {
    const response = await fetch(system.baseUrl + path, { method: 'POST', headers: { 'content-type': 'application/json', ...versionFor(path), ...headers }, body: JSON.stringify(body) });
    const text = await response.text().catch((error: Error) => error.message);
    answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
    return response.status;
  };
  const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

  const callInEveryWay = async (credential: string): Promise<void> => {
    for (const [path, body, control] of CALLS) {
      expect(await send(path, body, { ...bearer(credential), ...simulatorHeaders(control), 'x-codex-turn-metadata': `{"cwd":"/${credential}"}` })).toBe(200);
    }
    expect(await overSocket(credential, {})).toBe('closed 1005');
    expect(await overSocket(credential, { echoAuthorization: true })).toBe('refused 401');
  };

  /** One turn, or the provider's refusal of the handshake, with everything that the caller sees of it. */
  const overSocket = (credential: string, control: SimulatorControl): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${system.baseUrl.replace('http', 'ws')}/openai/v1/responses`, { headers: { ...bearer(credential), ...simulatorHeaders(control) } });
      socket.on('error', () => undefined).on('open', () => socket.send(JSON.stringify({ type: 'response.create', model: 'gpt-5.4', input: 'hello' })));
      socket.on('upgrade', ({ headers }) => answers.push(JSON.stringify(headers)));
      socket.on('message', (data: Buffer) => {
        answers.push(data.toString());
        if (data.includes('"response.completed"')) socket.close();
      });
      socket.on('close', (code) => resolve(`closed ${code}`));
      socket.on('unexpected-response', (_request, answer) => {
        answers.push(JSON.stringify(answer.rawHeaders));
        answer.on('data', (chunk: Buffer) => answers.push(chunk.toString())).on('end', () => resolve(`refused ${answer.statusCode}`));
      });
    });

  const breakInEveryWay = async (credential: string): Promise<void> => {
    for (const [, control] of BREAKS) {
      for (const [path, body] of [CALLS[1]!, CALLS[5]!]) await send(path, body, { ...bearer(credential), ...simulatorHeaders(control) });
    }
    const [path, body] = CALLS[0]!;
    expect(await send(path, { ...body, model: `gpt-${credential}` }, bearer(credential))).toBe(400);
    expect(await send(path, body, bearer(`${credential}x`))).toBe(401);
    expect(await send(`/openai/v1/${credential}`, body, bearer(credential))).toBe(400);
    expect(await send('/anthropic/v1/messages', CALLS[5]![1], { 'x-api-key': credential })).toBe(200);
    expect(await send('/accounts/projects', body, bearer(`${credential}x`))).toBe(401);
  };

  const leaveInTheMiddle = (credential: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { ...bearer(credential), ...simulatorHeaders({ chunks: 6, chunkDelayMs: 20 }) };
      const request = httpRequest(`${system.baseUrl}/v1/chat/completions`, { method: 'POST', headers }, (response) => {
        response.on('error', () => undefined).once('data', () => resolve(void request.destroy()));
      });
      request.on('error', (error) => ((error as NodeJS.ErrnoException).code === 'ECONNRESET' ? undefined : reject(error))).end(JSON.stringify(CALLS[1]![1]));
    });

  it('through every kind of call, every kind of failure, with every kind of credential', async () => {
    const project = `/accounts/projects/${system.projectId}`;
    const { value } = await api<{ value: string }>(system, 'POST', `${project}/api-keys`, { name: 'canary' });
    const { token } = await api<{ token: string }>(system, 'POST', `${project}/participant-tokens`, { name: 'canary', room_name: system.room });
    secrets.set('minted API key', value).set('participant token', token.slice(token.lastIndexOf('.') + 1));
    for (const credential of [value, token]) {
      await until(async () => (await send('/v1/chat/completions', CALLS[0]![1], bearer(credential))) === 200);
      await callInEveryWay(credential);
    }
    await breakInEveryWay(value);
    await leaveInTheMiddle(value);

    await api(system, 'PUT', `${project}/settings/openai`, { api_key: keys.own, base_url: simulator.openAiBaseUrl });
    await until(async () => (await send('/v1/chat/completions', CALLS[0]![1], bearer(value)), simulator.requests.at(-1)?.headers['authorization'] === `Bearer ${keys.own}`));
    await callInEveryWay(value);
    await breakInEveryWay(value);
    answers.push(JSON.stringify(await api(system, 'GET', `${project}/settings/openai`)));

    // Every billed answer has left the process, or it could not be found in what is stored.
    const arrived = simulator.requests.filter(({ outcome }) => outcome !== 'pending').length;
    expect(arrived).toBeGreaterThan(40);
    await until(async () => (await billedAnswers(system)) >= 3 * CALLS.length);
  });

  const expectNone = (where: string, text: string, among: Iterable<[string, string]> = secrets) => {
    for (const [name, secret] of among) {
      const found = pieces(secret).filter((piece) => text.includes(piece));
      if (found.length > 0) throw new Error(`${name} is in ${where}: …${text.slice(Math.max(0, text.indexOf(found[0]!) - 200), text.indexOf(found[0]!) + 80)}…`);
    }
  };

  it('not in an answer', () => {
    const text = answers.join('\n');
    expect(text).toContain('***REDACTED***');
    // A caller that writes its own credential into a model name is told that there is no such model.
    expectNone('an answer', text, Object.entries(keys));
  });

  it('not in the log, at its most talkative', () => {
    const text = system.output();
    expect(text).toContain('"answerBody"');
    expect(text).toContain('"x-codex-turn-metadata":"***REDACTED***"');
    expectNone('the log', text);
  });

  it('not in the metrics', async () => {
    const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
    expect(text).toContain('llm_proxy_gateway_refusals_total{provider="openai",code="invalid_api_key"}');
    expectNone('the metrics', text);
  });

  it('not in the database', async () => {
    const text = await everyRow((await system.variables('operator.env'))['DATABASE_URL']!);
    expect(text).toMatch(/^billing\.usage_events /m);
    expect(text).toMatch(/^accounts\./m);
    expectNone('the database', text);
  });

  it('not in the topics', async () => {
    const brokers = way.env['KAFKA_BROKERS'];
    // Embedded, the topics are tables and were looked through above.
    if (brokers === undefined) return expect(way.env).toEqual({});
    const text = await everyMessage(brokers.split(','), { topicPrefix: way.env['KAFKA_TOPIC_PREFIX'], projectId: system.projectId, topics: [USAGE_TOPIC, PRICED_USAGE_TOPIC], atLeast: 3 * CALLS.length });
    expectNone('the topics', text);
  });

  it('not in the traces', async () => {
    await until(() => receiver.spans.length > 40);
    expectNone('the traces', receiver.text());
  });

  it('not in a file, but for the one that a client sources', async () => {
    await system.stop();
    expectNone('the traces', receiver.text());
    expectNone('the log', system.output());
    const text = await everyFile(system.dataDir, (file) => !/\/(env|secrets\.json|operator\.env)$/.test(file) && !file.includes('/postgres/'));
    expectNone('a file', text);
  });
});
