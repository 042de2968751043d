import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { CONTROL_HEADER, parseControl, readControl, type SimulatorControl } from '../control.js';
import { decideAnswer, failureAnswer } from '../decide-answer.js';
import { newId } from '../identifiers.js';
import { openAi } from '../openai/openai.js';
import type { JsonAnswer, JsonObject, StreamEvent } from '../provider.js';
import { ProviderFailure } from '../provider-failure.js';
import type { Conversation, Handshake } from './conversation.js';
import { realtimeConversation } from './realtime-socket.js';
import type { RecordedSocket, SocketRecorder } from './recorded-sockets.js';
import { responsesConversation } from './responses-socket.js';

const CONVERSATIONS: Readonly<Record<string, (handshake: Handshake) => Conversation>> = {
  '/v1/responses': responsesConversation,
  '/v1/realtime': realtimeConversation,
};

/** Member of a client's frame that dictates the answer to it, as the header does for the whole socket. */
const CONTROL_MEMBER = 'x_simulator';

export interface SocketServer {
  /** Ends every socket. */
  close(): void;
}

/** Lets the server speak WebSocket as OpenAI does. */
export const serveSockets = (server: Server, recorder: SocketRecorder, expectedKey: string | null): SocketServer => {
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: 0,
    autoPong: true,
    // The first that was offered, as OpenAI takes `realtime`.
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  webSockets.on('headers', (lines) => void lines.push(`x-request-id: ${newId('req_')}`, 'openai-version: 2020-10-01'));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    void (async () => {
      const url = new URL(request.url!, 'http://simulator');
      const control = await settledHandshake(request, url, expectedKey);
      if ('status' in control) return refuse(socket, control as JsonAnswer);
      webSockets.handleUpgrade(request, socket, head, (client) => {
        const conversation = CONVERSATIONS[url.pathname]!({ query: url.searchParams, control });
        converse(client, conversation, control, recorder, recorder.open(request.url!, request.headers));
      });
    })();
  });
  return {
    close: () => {
      for (const client of webSockets.clients) client.terminate();
    },
  };
};

/** @returns the control of the socket, or the answer that refuses it */
const settledHandshake = async (request: IncomingMessage, url: URL, expectedKey: string | null): Promise<SimulatorControl | JsonAnswer> => {
  const requestId = newId('req_');
  try {
    const control = readControl(request.headers[CONTROL_HEADER]);
    if (control.firstByteDelayMs) await delay(control.firstByteDelayMs);
    const route = { method: 'GET' as const, path: url.pathname, answer: () => ({ status: 101, body: '' }) };
    const provider = { ...openAi, routes: url.pathname in CONVERSATIONS ? [route] : [] };
    const answer = decideAnswer(provider, { method: 'GET', path: url.pathname, headers: request.headers, json: null, control, requestId }, expectedKey);
    return 'status' in answer && answer.status !== 101 ? answer : control;
  } catch (error) {
    return failureAnswer(openAi, error, requestId) as JsonAnswer;
  }
};

const refuse = (socket: Duplex, { status, body, contentType = 'application/json', headers = {} }: JsonAnswer): void => {
  const lines = Object.entries({ 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)), 'x-request-id': newId('req_'), connection: 'close', ...headers });
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
};

const converse = (client: WebSocket, conversation: Conversation, control: SimulatorControl, recorder: SocketRecorder, recorded: RecordedSocket): void => {
  let turn = Promise.resolve();
  client.on('error', () => undefined);
  client.on('ping', (data) => void recorded.pings.push(String(data)));
  client.on('pong', (data) => void recorded.pongs.push(String(data)));
  client.on('close', (code) => void (recorded.closeCode = code));
  client.on('message', (data: Buffer, binary) => {
    recorder.frame(recorded, { data, binary });
    turn = turn.then(() => answerFrame(client, conversation, control, data));
  });
  turn = turn.then(() => sendEvents(client, conversation.opening(), {}));
};

const answerFrame = async (client: WebSocket, conversation: Conversation, ofSocket: SimulatorControl, data: Buffer): Promise<void> => {
  let control = ofSocket;
  try {
    const frame = parsedFrame(data);
    if (frame[CONTROL_MEMBER] !== undefined) control = parseControl(JSON.stringify(frame[CONTROL_MEMBER]));
    await sendEvents(client, conversation.answer(frame, control), control);
  } catch (error) {
    const { status, body } = failureAnswer(openAi, error, newId('req_')) as JsonAnswer;
    await send(client, JSON.stringify({ type: 'error', event_id: newId('event_'), status, ...(JSON.parse(body) as JsonObject) }), {});
  }
};

const parsedFrame = (data: Buffer): JsonObject => {
  try {
    const frame: unknown = JSON.parse(data.toString());
    if (typeof frame === 'object' && frame !== null && !Array.isArray(frame)) return frame as JsonObject;
  } catch {
    // Said below, for every frame that is no object.
  }
  throw new ProviderFailure(400, 'The frame is not a JSON object.');
};

const sendEvents = async (client: WebSocket, events: StreamEvent[], control: SimulatorControl): Promise<void> => {
  if (control.ping !== undefined) await pingPong(client, control.ping);
  let pieces = 0;
  for (const [index, { data, isText }] of events.entries()) {
    if (client.readyState !== WebSocket.OPEN) return;
    if (isText && pieces++ === control.cutAfterChunks) return end(client, control);
    if (index > 0 && control.chunkDelayMs) await delay(control.chunkDelayMs);
    await send(client, data, control);
  }
  if (events.length > 0 && control.repeatEnd) await send(client, events.at(-1)!.data, control);
  if (events.length > 0 && (control.closeCode !== undefined || control.cutAfterChunks !== undefined)) end(client, control);
};

const end = (client: WebSocket, { closeCode }: SimulatorControl): void => {
  if (closeCode === undefined) client.terminate();
  else client.close(closeCode, 'as dictated');
};

const send = (client: WebSocket, data: string, { binary }: SimulatorControl): Promise<void> =>
  new Promise((resolve) => client.send(data, { binary: binary === true }, () => resolve()));

/** Answers only when the caller's pong has come. */
const pingPong = (client: WebSocket, payload: string): Promise<void> =>
  new Promise((resolve) => {
    client.once('pong', () => resolve());
    client.once('close', () => resolve());
    client.ping(payload);
  });
