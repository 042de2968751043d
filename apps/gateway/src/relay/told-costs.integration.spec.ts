import { type RequestListener, type Server, createServer } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { priceUsageAt } from '@llm-proxy/pricing';
import { PRICE_RULES, type RawAnswer, type RelayGateway, listening, post, startRelayGateway } from './relay-gateway.suite.js';

const ASK = { 'x-meshagent-cost': 'include' };
const USAGE = { prompt_tokens: 1_003, completion_tokens: 101 };
const CHAT = { model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] };
/** 1003 × 2 $ and 101 × 8 $ a million, and 5 % on top. */
const COST = '0.0029547';
const TOLD = { 'x-meshagent-cost-usd': COST, 'x-meshagent-cost-basis': 'exact', 'x-meshagent-price-version': '2026-11' };
const JSON_ANSWER = JSON.stringify({ model: 'gpt-4.1', choices: [{ message: { content: '漢字' } }], usage: USAGE }, null, 2);
const EVENTS = ['data: {"choices":[{"delta":{"content":"漢"}}]}\n\n', `data: {"choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`, 'data: [DONE]\n\n'];

const costOf = (fields: Record<string, unknown>) => Object.fromEntries(Object.entries(fields).filter(([name]) => /^x-meshagent-(cost|price)/.test(name)));

describe('a caller who asks what a call costs', () => {
  let provider: Server;
  let gateway: RelayGateway;
  let heard: NodeJS.Dict<string | string[]> = {};

  const start = async (answer: RequestListener) => {
    provider = createServer((request, response) => {
      heard = request.headers;
      request.resume().on('end', () => answer(request, response));
    });
    gateway = await startRelayGateway({ providerUrl: await listening(provider), providerKey: 'sk-provider' });
  };
  afterEach(async () => {
    await gateway.close();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });
  const call = (headers: Record<string, string>, body: object = CHAT, path = '/v1/chat/completions', onChunk?: (chunk: Buffer) => void): Promise<RawAnswer> =>
    post(gateway.url + path, { authorization: `Bearer ${gateway.apiKey}`, ...headers }, body, onChunk);

  const answerJson: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(JSON_ANSWER) });
    for (const piece of [JSON_ANSWER.slice(0, 40), JSON_ANSWER.slice(40)]) response.write(piece);
    response.end();
  };

  it('is told in the headers of a JSON answer what its event is priced at', async () => {
    await start(answerJson);
    const answer = await call(ASK);
    expect(costOf(answer.headers)).toEqual(TOLD);
    expect([answer.body.toString(), answer.headers['content-length']]).toEqual([JSON_ANSWER, String(Buffer.byteLength(JSON_ANSWER))]);
    expect([answer.headers.trailer, answer.trailers]).toEqual([undefined, {}]);
    expect(heard['x-meshagent-cost']).toBeUndefined();
    expect(gateway.events).toHaveLength(1);
    expect(priceUsageAt(new Date(gateway.events[0]!.time), gateway.events[0]!.data, PRICE_RULES)).toMatchObject({ pricing: { totalNanoUsd: '2954700' } });
  });

  it.each([{}, { 'x-meshagent-cost': 'no' }])('and is told nothing when it did not: %j', async (headers) => {
    await start(answerJson);
    const answer = await call(headers as Record<string, string>);
    expect([costOf(answer.headers), answer.headers.trailer, answer.body.toString()]).toEqual([{}, undefined, JSON_ANSWER]);
  });

  it('is told in the trailers of a stream, whose every event comes at once and as it was', async () => {
    const arrived: Buffer[] = [];
    let next: (() => void) | null = null;
    await start(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const [index, event] of EVENTS.entries()) {
        const seen = new Promise<void>((resolve) => (next = resolve));
        response.write(event);
        // The next event is written when the caller has this one, so a held one would never end.
        await seen;
        expect(Buffer.concat(arrived).toString()).toBe(EVENTS.slice(0, index + 1).join(''));
      }
      response.end();
    });
    const body = { ...CHAT, stream: true, stream_options: { include_usage: true } };
    const answer = await call(ASK, body, undefined, (chunk) => {
      arrived.push(chunk);
      next?.();
    });
    expect(answer.body.toString()).toBe(EVENTS.join(''));
    expect([costOf(answer.headers), costOf(answer.trailers)]).toEqual([{}, TOLD]);
    expect(answer.headers.trailer).toBe(Object.keys(TOLD).join(', '));
    expect(gateway.events).toHaveLength(1);
  });

  it('is told of a stream whose usage it does not see', async () => {
    await start((_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(EVENTS.join('')));
    const answer = await call(ASK, { ...CHAT, stream: true });
    expect([answer.body.toString(), costOf(answer.trailers)]).toEqual([EVENTS[0]! + EVENTS[2]!, TOLD]);
  });

  it('is told of sound after it, since the sound is not waited for', async () => {
    await start((_request, response) => response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': 5 }).end('sound'));
    const answer = await call(ASK, { model: 'tts-1', input: 'hello', voice: 'alloy' }, '/v1/audio/speech');
    // 5 characters at 15 $ a million, and 5 % on top.
    expect(costOf(answer.trailers)).toMatchObject({ 'x-meshagent-cost-usd': '0.00007875', 'x-meshagent-cost-basis': 'exact' });
    expect([answer.body.toString(), answer.headers['content-length']]).toEqual(['sound', undefined]);
  });

  it.each([
    ['reports no usage', { usage: undefined }, 'missing'],
    ['reports what has no price at all', { usage: { completion_tokens_details: { audio_tokens: 5 }, completion_tokens: 5, prompt_tokens: 0 } }, 'unpriced'],
  ])('is told no number when the provider %s', async (_name, changes, basis) => {
    await start((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ model: 'gpt-4.1', ...changes })));
    expect(costOf((await call(ASK)).headers)).toEqual({ 'x-meshagent-cost-usd': 'unknown', 'x-meshagent-cost-basis': basis });
    expect(priceUsageAt(new Date(), gateway.events[0]!.data, PRICE_RULES).status).toBe('unpriceable');
  });

  it('is told no number when the answer comes compressed, and can ask later', async () => {
    const packed = gzipSync(JSON_ANSWER);
    await start((_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed));
    const answer = await call(ASK);
    expect([answer.body.equals(packed), costOf(answer.headers)]).toEqual([true, { 'x-meshagent-cost-usd': 'unknown', 'x-meshagent-cost-basis': 'unread' }]);
  });

  it('is told nothing with an error, a refusal and what is free', async () => {
    await start((_request, response) => response.writeHead(_request.url!.includes('input_tokens') ? 200 : 429, { 'content-type': 'application/json' }).end('{}'));
    expect(costOf((await call(ASK)).headers)).toEqual({});
    expect(costOf((await call(ASK, { ...CHAT, model: 'no-such-model' })).headers)).toEqual({});
    const free = await call(ASK, { model: 'gpt-4.1' }, '/v1/responses/input_tokens');
    expect([free.status, costOf(free.headers), free.headers.trailer]).toEqual([200, {}, undefined]);
  });

  it('sees a broken answer as broken, and is charged for it all the same', async () => {
    await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
      response.write(JSON_ANSWER.slice(0, 40), () => response.destroy());
    });
    await expect(call(ASK)).rejects.toThrow();
    expect(gateway.events[0]).toMatchObject({ data: { outcome: 'upstream_interrupted', measurement: 'estimated' } });
  });

  it('gets its stream all the same over HTTP/1.0, which knows no trailers', async () => {
    await start((_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(EVENTS.join('')));
    const body = JSON.stringify({ ...CHAT, stream: true, stream_options: { include_usage: true } });
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(`POST /v1/chat/completions HTTP/1.0\r\nauthorization: Bearer ${gateway.apiKey}\r\nx-meshagent-cost: include\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const [head, ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    expect([head!.split('\r\n')[0], /trailer/i.test(head!), rest.join('')]).toEqual(['HTTP/1.1 200 OK', false, EVENTS.join('')]);
  });

  it('gets an answer too long to be looked at as it comes, and no number', async () => {
    const MEGABYTE = Buffer.alloc(1024 * 1024, 0x20);
    await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (let count = 0; count < 65; count++) response.write(MEGABYTE);
      response.end(JSON_ANSWER);
    });
    const answer = await call(ASK);
    expect(answer.body.length).toBe(65 * MEGABYTE.length + Buffer.byteLength(JSON_ANSWER));
    expect(costOf(answer.trailers)).toEqual({ 'x-meshagent-cost-usd': 'unknown', 'x-meshagent-cost-basis': 'missing' });
  });
});
