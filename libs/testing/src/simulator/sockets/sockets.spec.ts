import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { WebSocket } from 'ws';
import { simulatorHeaders, type SimulatorControl } from '../control.js';
import { type ProviderSimulator, startProviderSimulator } from '../server.js';

const KEY = 'sk-simulator';

describe('the simulator’s WebSockets', () => {
  let simulator: ProviderSimulator;
  beforeAll(async () => void (simulator = await startProviderSimulator({ apiKeys: { openai: KEY } })));
  afterAll(() => simulator.close());

  const connect = (path: string, control: SimulatorControl = {}, key = KEY) =>
    new WebSocket(simulator.url.replace('http', 'ws') + path, ['realtime', 'other'], { headers: { authorization: `Bearer ${key}`, ...simulatorHeaders(control) } });

  /** Sends the frames and collects what comes until the socket closes. */
  const talk = async (socket: WebSocket, ...frames: object[]) => {
    const heard: { type: string; [member: string]: unknown }[] = [];
    let binary = false;
    socket.on('open', () => frames.forEach((frame) => socket.send(JSON.stringify(frame))));
    socket.on('message', (data: Buffer, isBinary) => {
      binary = isBinary;
      heard.push(JSON.parse(data.toString()) as (typeof heard)[number]);
    });
    const code = await new Promise<number>((resolve, reject) => void socket.on('error', reject).on('close', resolve));
    return { heard, types: heard.map(({ type }) => type), code, binary };
  };

  it('answers the official Responses client', async () => {
    const socket = new ResponsesWS(new OpenAI({ apiKey: KEY, baseURL: simulator.openAiBaseUrl }));
    const text = new Promise((resolve, reject) => void socket.on('error', reject).on('response.output_text.done', (event) => resolve(event.text)));
    socket.send({ type: 'response.create', model: 'gpt-5.4', input: 'hello' });
    expect(await text).toContain('simulated');
    socket.close();
  });

  it('gives the dictated usage, twice when told, and closes with the dictated code', async () => {
    const usage = { input_tokens: 5 };
    const { heard, types, code } = await talk(connect('/v1/responses', { usage, repeatEnd: true, closeCode: 4001 }), { type: 'response.create', model: 'm', input: '' });
    expect(types.slice(-2)).toEqual(['response.completed', 'response.completed']);
    expect(heard.at(-1)).toMatchObject({ response: { usage } });
    expect(code).toBe(4001);
  });

  it('a prewarm produces nothing', async () => {
    const { heard } = await talk(connect('/v1/responses', { closeCode: 1000 }), { type: 'response.create', model: 'm', input: '', generate: false });
    expect(heard).toMatchObject([{ type: 'response.created' }, { type: 'response.completed', response: { output: [], usage: null } }]);
  });

  it('a frame brings its own control: a cut, a ping, binary frames', async () => {
    const { types, code, binary } = await talk(connect('/v1/responses'), { type: 'response.create', model: 'm', input: '', x_simulator: { chunks: 5, cutAfterChunks: 2, ping: 'you', binary: true } });
    expect([types.filter((type) => type === 'response.output_text.delta').length, code, binary]).toEqual([2, 1006, true]);
    expect(simulator.sockets.at(-1)).toMatchObject({ pongs: ['you'] });
  });

  it('what it cannot take is an error frame', async () => {
    const socket = connect('/v1/responses');
    socket.on('message', () => socket.close());
    const { heard } = await talk(socket, { type: 'nothing' });
    expect(heard).toMatchObject([{ type: 'error', status: 400, error: { message: expect.any(String) } }]);
  });

  it('Realtime: a session, a transcript with its usage, an answer', async () => {
    const socket = connect('/v1/realtime?model=gpt-realtime');
    socket.on('message', (data) => String(data).includes('"response.done"') && socket.close());
    const session = { audio: { input: { transcription: { model: 't' } } } };
    const { heard, types } = await talk(socket, { type: 'session.update', session }, { type: 'input_audio_buffer.commit' }, { type: 'response.create' });
    expect(socket.protocol).toBe('realtime');
    expect(types.filter((type) => type !== 'response.output_text.delta')).toEqual([
      'session.created',
      'session.updated',
      'input_audio_buffer.committed',
      'conversation.item.input_audio_transcription.completed',
      'response.created',
      'response.output_text.done',
      'response.done',
    ]);
    expect(heard[0]).toMatchObject({ session: { model: 'gpt-realtime' } });
    expect(heard.at(-1)).toMatchObject({ response: { usage: { input_tokens: 100 } } });
  });

  it.each([
    ['a wrong key', '/v1/responses', {}, 'wrong', 401],
    ['a dictated status', '/v1/responses', { status: 429 as const }, KEY, 429],
    ['another path', '/v1/chat/completions', {}, KEY, 404],
  ])('refuses the handshake: %s', async (_what, path, control, key, status) => {
    const socket = connect(path, control, key);
    socket.on('error', () => undefined);
    expect(await new Promise((resolve) => socket.on('unexpected-response', (_request, answer) => resolve(answer.statusCode)))).toBe(status);
    socket.terminate();
  });
});
