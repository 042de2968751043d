import { type RequestListener, type Server, ServerResponse, createServer } from 'node:http';
import { jest } from '@jest/globals';
import { type RelayGateway, listening, post, startRelayGateway } from './relay-gateway.suite.js';

const USAGE = { prompt_tokens: 3, completion_tokens: 1 };
const CHAT = { model: 'gpt-4.1', messages: [] };
const JSON_ANSWER = JSON.stringify({ model: 'gpt-4.1', choices: [], usage: USAGE });
const EVENTS = [`data: {"choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`, 'data: [DONE]\n\n'];

const ANSWERS: [string, RequestListener][] = [
  ['a body of a known length', (_request, response) => void response.writeHead(200, { 'content-type': 'application/json', 'content-length': JSON_ANSWER.length }).end(JSON_ANSWER)],
  ['a body of any length', (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON_ANSWER)],
  [
    'a stream',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of EVENTS) response.write(event);
      response.end();
    },
  ],
];

describe('a usage event', () => {
  let provider: Server;
  let gateway: RelayGateway;
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.close();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });

  it.each(ANSWERS)('is noted before the caller gets the end of %s, so that no kill in between loses it', async (_, answer) => {
    provider = createServer((request, response) => void request.resume().on('end', () => answer(request, response)));
    gateway = await startRelayGateway({ providerUrl: await listening(provider), providerKey: 'sk-provider' });
    const port = Number(new URL(gateway.url).port);
    const notedAtEnd: number[] = [];
    const { end } = ServerResponse.prototype;
    jest.spyOn(ServerResponse.prototype, 'end').mockImplementation(function (this: ServerResponse, ...given) {
      if (this.socket?.localPort === port) notedAtEnd.push(gateway.events.length);
      return end.apply(this, given);
    });
    const { status } = await post(`${gateway.url}/v1/chat/completions`, { authorization: `Bearer ${gateway.apiKey}` }, CHAT);
    expect([status, notedAtEnd]).toEqual([200, [1]]);
  });
});
