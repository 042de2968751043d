import fc from 'fast-check';
import { Refusal } from '../../refusals.js';
import type { Asked, Conversation, HeardUsage } from '../web-socket.js';
import { realtimeModelOf } from './realtime-socket.js';
import { openAiWebSockets } from './web-sockets.js';

const conversation = (path: string, model: string | null = null): Conversation => openAiWebSockets.endpoints.find((endpoint) => endpoint.path === path)!.conversation(model);
const frame = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
/** As a tunnel does with a frame that is let through. */
const send = (socket: Conversation, value: unknown): void => socket.sent(frame(value), socket.readAsked(frame(value)) as Asked | null);
const USAGE = { input_tokens: 12, output_tokens: 3 };

describe('frames of /v1/responses', () => {
  const responses = () => conversation('/v1/responses');

  it.each(['response.completed', 'response.done', 'response.incomplete', 'response.failed'])('%s reports usage, once', (type) => {
    const socket = responses();
    send(socket, { type: 'response.create', model: 'm', service_tier: 'flex' });
    const closing = frame({ type, event_id: 'e1', response: { id: 'r1', model: 'm-1', service_tier: 'default', usage: USAGE, output: [{ usage: { input_tokens: 9_999 } }] } });
    expect(socket.hear(closing)).toEqual({
      turn: 'ended',
      usage: { reading: { usage: USAGE, model: 'm-1', serviceTier: 'default', final: true }, requestModel: 'm', requestServiceTier: 'flex' },
    });
    expect(socket.hear(closing)).toEqual({ turn: 'ended', usage: null });
    expect(socket.hear(frame({ type: 'response.done', event_id: 'e2', response: { id: 'r1', usage: USAGE } }))).toEqual({ turn: 'ended', usage: null });
    expect(socket.hear(frame({ type: 'response.done', event_id: 'e3', response: { id: 'r2', usage: USAGE } }))?.usage).not.toBeNull();
  });

  it('images made inside an answer are reported beside it', () => {
    const image = (usage: unknown) => ({ type: 'image_generation_call', status: 'completed', result: 'aW1hZ2U=', usage });
    const output = [image({ input_tokens: 50, output_tokens: 4_160 }), { type: 'message', content: [], usage: { input_tokens: 9_999 } }, image(null), image({ output_tokens: 1_056 })];
    expect(responses().hear(frame({ type: 'response.completed', response: { id: 'r', usage: USAGE, output } }))?.usage?.reading).toEqual({
      usage: USAGE,
      model: null,
      serviceTier: null,
      final: true,
      toolUsage: [
        { tool: 'image_generation', usage: { input_tokens: 50, output_tokens: 4_160 } },
        { tool: 'image_generation', usage: { output_tokens: 1_056 } },
      ],
    });
  });

  it('a report without usage does not hide the one that has it', () => {
    const socket = responses();
    expect(socket.hear(frame({ type: 'response.completed', response: { id: 'r', usage: null } }))).toEqual({ turn: 'ended', usage: null });
    expect(socket.hear(frame({ type: 'response.done', response: { id: 'r', usage: USAGE } }))?.usage?.reading.usage).toEqual(USAGE);
  });

  it('each create forgets the model and the tier of the one before', () => {
    const socket = responses();
    for (const create of [{ model: 'a', service_tier: 'flex' }, { response: { model: 'b' } }]) send(socket, { type: 'response.create', ...create });
    expect(socket.hear(frame({ type: 'response.completed', response: { usage: USAGE } }))?.usage).toMatchObject({ requestModel: 'b', requestServiceTier: null });
  });

  it.each([
    { type: 'response.output_text.delta', delta: 'say "usage":{"input_tokens":1} and "response"' },
    { type: 'response.in_progress', response: { usage: USAGE } },
    { type: 'response.output_item.done', item: { usage: USAGE } },
    { type: 'codex.rate_limits', usage: USAGE },
  ])('$type is none of ours', (other) => {
    expect(responses().hear(frame(other))?.usage ?? null).toBeNull();
  });

  it('names every model it could be answered by', () => {
    expect(responses().readAsked(frame({ type: 'response.create', model: 'a', response: { model: 'b' }, generate: false }))).toEqual({
      models: ['a', 'b'],
      serviceTier: null,
      startsTurn: false,
      turnModel: 'a',
    });
    expect(responses().readAsked(frame({ type: 'response.cancel' }))).toBeNull();
  });

  it('remembers a bounded number of ids', () => {
    const socket = responses();
    const report = (index: number) => socket.hear(frame({ type: 'response.done', event_id: `e${index}${'x'.repeat(10_000)}`, response: { id: `r${index}`, usage: USAGE } }));
    for (let index = 0; index < 2_000; index++) expect(report(index)?.usage).not.toBeNull();
    expect(report(1_999)?.usage).toBeNull();
  });
});

describe('frames of /v1/realtime', () => {
  const TRANSCRIBED = 'conversation.item.input_audio_transcription.completed';

  it.each([
    [{ input_audio_transcription: { model: 't' } }],
    [{ audio: { input: { transcription: { model: 't' } } } }],
  ])('knows the transcription model of %j', (session) => {
    const socket = conversation('/v1/realtime', 'm');
    const asked = socket.readAsked(frame({ type: 'session.update', session })) as Asked;
    expect(asked).toMatchObject({ models: ['t'], transcriptionModel: 't', startsTurn: false });
    socket.sent(frame({ type: 'session.update', session }), asked);
    expect(socket.hear(frame({ type: TRANSCRIBED, event_id: 'e', usage: USAGE }))?.usage).toMatchObject({ requestModel: 't', reading: { usage: USAGE, model: null } });
    expect(socket.hear(frame({ type: TRANSCRIBED, event_id: 'e', usage: USAGE }))?.usage).toBeNull();
    expect(socket.hear(frame({ type: TRANSCRIBED, event_id: 'f', usage: USAGE, model: 'u' }))?.usage).toMatchObject({ reading: { model: 'u' } });
  });

  it('believes the provider about the models of the session', () => {
    const socket = conversation('/v1/realtime', 'm');
    socket.hear(frame({ type: 'session.updated', session: { model: 'm-2', audio: { input: { transcription: { model: 't' } } } } }));
    expect(socket.hear(frame({ type: 'response.done', response: { usage: USAGE } }))?.usage).toMatchObject({ requestModel: 'm', reading: { model: 'm-2' } });
    expect(socket.hear(frame({ type: TRANSCRIBED, usage: USAGE }))?.usage).toMatchObject({ requestModel: 't' });
  });

  it('a transcript whose model nobody named is reported all the same, so that it is not free', () => {
    expect(conversation('/v1/realtime', 'm').hear(frame({ type: TRANSCRIBED, usage: USAGE }))?.usage).toMatchObject({ requestModel: null });
  });

  it('a session of another model has to be checked', () => {
    expect(conversation('/v1/realtime', 'm').readAsked(frame({ type: 'session.update', session: { model: 'n' } }))).toMatchObject({ models: ['n'] });
  });

  it.each([
    ['model=m', 'm'],
    ['intent=transcription', null],
    ['', 'missing_model'],
    ['model=', 'missing_model'],
    ['model=a&model=b', 'missing_model'],
    ['call_id=c', 'missing_model'],
  ])('handshake ?%s', (query, expected) => {
    const model = realtimeModelOf(new URLSearchParams(query));
    expect(model instanceof Refusal ? model.code : model).toBe(expected);
  });
});

const usagesOf = (rest: HeardUsage[]) => rest.map(({ reading }) => reading.usage);

describe('what /v1/responses did not report', () => {
  const create = (more: object = {}) => ({ type: 'response.create', model: 'm', input: 'x'.repeat(40), ...more });
  const created = (id?: string) => frame({ type: 'response.created', response: { id, usage: null } });
  const piece = (delta: string, type = 'response.output_text.delta') => frame({ type, item_id: 'i', delta, obfuscation: 'xxxxxxxx' });
  const done = (id: string | undefined, usage: unknown = USAGE) => frame({ type: 'response.completed', event_id: `e-${String(id)}`, response: { id, usage, output: [{ text: 'x'.repeat(99) }] } });
  type Step = Buffer | object;
  const after = (...steps: Step[]) => {
    const socket = conversation('/v1/responses');
    for (const step of steps) {
      if (Buffer.isBuffer(step)) socket.hear(step);
      else send(socket, step);
    }
    return socket;
  };

  it('names the model and tier that were asked for', () => {
    expect(after(create({ service_tier: 'flex' }), created('r'), piece('abcdefgh')).unreported(true)).toEqual([
      { reading: { usage: { input_tokens: 10, output_tokens: 2 }, model: null, serviceTier: null, final: false, estimated: true }, requestModel: 'm', requestServiceTier: 'flex' },
    ]);
  });

  const CASES: [string, Step[], [number, number][]][] = [
    ['nothing was asked', [], []],
    ['asked, and no word yet', [create()], [[10, 0]]],
    ['begun', [create(), created('r')], [[10, 0]]],
    ['begun without an id', [create(), created(), piece('abcd')], [[10, 1]]],
    ['begun unasked', [created('r'), piece('abcd')], [[0, 1]]],
    ['text, reasoning and arguments', [create(), created('r'), piece('abcd'), piece('abcd', 'response.reasoning_summary_text.delta'), piece('{"a":1}', 'response.function_call_arguments.delta')], [[10, 5]]],
    ['reported', [create(), created('r'), piece('abcd'), done('r')], []],
    ['reported, though it was never said to begin', [create(), done('r')], []],
    ['reported under no id', [create(), created('r'), done(undefined)], []],
    ['failed without usage', [create(), created('r'), frame({ type: 'response.failed', response: { id: 'r', status: 'failed', usage: null } })], []],
    ['reported, and the next cut', [create(), created('r'), piece('abcd'), done('r'), create(), created('s'), piece('abcdefgh')], [[10, 2]]],
    ['reported twice, the second time in the middle of the next', [create(), created('r'), done('r'), create(), created('s'), piece('abcd'), done('r')], [[10, 1]]],
    ['two at once, the first reported', [create(), create(), created('r'), created('s'), piece('abcd'), done('r')], [[10, 1]]],
    ['asked for while another is under way', [create(), created('r'), piece('abcd'), create({ input: '' })], [[10, 1], [0, 0]]],
    ['refused by an error', [create(), frame({ type: 'error', error: {} })], []],
    ['begun, then an error', [create(), created('r'), frame({ type: 'error', error: {} })], []],
    ['an error after some text', [create(), created('r'), piece('abcd'), frame({ type: 'error', error: {} })], [[10, 1]]],
    ['an error after some text, and a report after all', [create(), created('r'), piece('abcd'), frame({ type: 'error', error: {} }), done('r')], []],
    ['to get ready was asked', [create({ generate: false }), created('r')], []],
    ['no create', [{ type: 'response.cancel' }], []],
  ];
  it.each(CASES)('%s', (_what, steps, expected) => {
    const socket = after(...steps);
    expect(usagesOf(socket.unreported(true))).toEqual(expected.map(([input_tokens, output_tokens]) => ({ input_tokens, output_tokens })));
    expect(socket.unreported(true)).toEqual([]);
  });

  it('leaves out what was only asked for, when the caller waited', () => {
    expect(after(create()).unreported(false)).toEqual([]);
    expect(usagesOf(after(create(), created('r'), create()).unreported(false))).toEqual([{ input_tokens: 10, output_tokens: 0 }]);
  });

  it('is kept for a bounded number of questions', () => {
    expect(after(...Array.from({ length: 1_000 }, () => create())).unreported(true)).toHaveLength(16);
    expect(after(...Array.from({ length: 1_000 }, (_, index) => created(`r${index}`))).unreported(true)).toHaveLength(16);
  });
});

describe('answers without usage', () => {
  const DONE = { '/v1/responses': 'response.completed', '/v1/realtime': 'response.done' };
  const ended = (path: keyof typeof DONE, response: object, { type = DONE[path], asked = {} } = {}) => {
    const socket = conversation(path, 'm');
    send(socket, { type: 'response.create', model: 'm', ...asked });
    socket.hear(frame({ type: 'response.created', response: { id: 'r' } }));
    expect(socket.hear(frame({ type, response: { id: 'r', model: 'm', ...response } }))?.usage).toBeNull();
    return socket;
  };
  const missing = { reading: { usage: null, model: 'm', final: true }, requestModel: 'm' };

  it.each([
    ['/v1/responses', {}, undefined],
    ['/v1/responses', { status: 'incomplete', usage: null }, 'response.incomplete'],
    ['/v1/realtime', { status: 'completed' }, undefined],
    ['/v1/realtime', { status: 'incomplete', usage: null }, undefined],
  ] as const)('whole without usage: %s %j is told of in the end, so that it is not free', (path, response, type) => {
    const socket = ended(path, response, { type });
    expect(socket.unreported(false)).toMatchObject([missing]);
    expect(socket.unreported(false)).toEqual([]);
  });

  it.each([
    ['/v1/responses', { status: 'failed' }, 'response.failed'],
    ['/v1/realtime', { status: 'failed', usage: null }, undefined],
    ['/v1/realtime', { status: 'cancelled' }, undefined],
    ['/v1/realtime', {}, undefined],
  ] as const)('failed without usage: %s %j costs nothing', (path, response, type) => {
    expect(ended(path, response, { type }).unreported(false)).toEqual([]);
  });

  it('a prewarm without usage costs nothing', () => {
    expect(ended('/v1/responses', { status: 'completed' }, { asked: { generate: false } }).unreported(false)).toEqual([]);
  });

  it.each(['/v1/responses', '/v1/realtime'] as const)('%s: nothing is missing when the report comes in another frame', (path) => {
    const socket = ended(path, { status: 'completed' });
    const report = frame({ type: DONE[path], event_id: 'e', response: { id: 'r', status: 'completed', usage: USAGE } });
    expect(socket.hear(report)?.usage).toMatchObject({ reading: { usage: USAGE } });
    expect(socket.unreported(false)).toEqual([]);
    expect(socket.hear(frame({ type: DONE[path], response: { id: 'r', status: 'completed' } }))?.usage).toBeNull();
    expect(socket.unreported(false)).toEqual([]);
  });

  it.each(['/v1/responses', '/v1/realtime'] as const)('%s: not more than sixteen are waited for, and none is lost', (path) => {
    const socket = conversation(path, 'm');
    const told = Array.from({ length: 40 }, (_, index) => {
      send(socket, { type: 'response.create', model: 'm' });
      return socket.hear(frame({ type: DONE[path], response: { id: `r${index}`, status: 'completed' } }))?.usage;
    }).filter((usage) => usage);
    expect([told.length, socket.unreported(false).length]).toEqual([24, 16]);
  });
});

describe('what /v1/realtime did not report', () => {
  const realtime = () => conversation('/v1/realtime', 'm');
  const created = (id = 'r') => frame({ type: 'response.created', response: { id } });
  const piece = (type: string, delta: string, id = 'r') => frame({ type, event_id: 'e', response_id: id, item_id: 'i', delta });
  const append = { type: 'input_audio_buffer.append', audio: 'A'.repeat(400) };
  const item = (content: object) => ({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [content] } });

  it('counts what the client sent since the answer before, and what was written', () => {
    const socket = realtime();
    send(socket, { type: 'session.update', session: { instructions: 'x'.repeat(20), audio: { output: { voice: 'x'.repeat(99) } }, tools: [{ type: 'function', name: 'f', description: 'x'.repeat(8) }] } });
    send(socket, item({ type: 'input_text', text: 'x'.repeat(12) }));
    send(socket, { type: 'response.create' });
    socket.hear(created());
    for (const type of ['response.output_text.delta', 'response.output_audio_transcript.delta', 'response.function_call_arguments.delta']) socket.hear(piece(type, 'abcd'));
    socket.hear(frame({ type: 'session.updated', session: { model: 'm-2' } }));
    expect(socket.unreported(true)).toEqual([
      { reading: { usage: { input_tokens: 10, output_tokens: 3 }, model: 'm-2', serviceTier: null, final: false, estimated: true }, requestModel: 'm', requestServiceTier: null },
    ]);
  });

  it('counts nothing twice that an answer before was given', () => {
    const socket = realtime();
    send(socket, item({ type: 'input_text', text: 'x'.repeat(400) }));
    send(socket, { type: 'response.create' });
    socket.hear(created());
    socket.hear(frame({ type: 'response.done', event_id: 'e1', response: { id: 'r', usage: USAGE } }));
    send(socket, item({ type: 'input_text', text: 'x'.repeat(4) }));
    socket.hear(created('s'));
    expect(usagesOf(socket.unreported(true))).toEqual([{ input_tokens: 1, output_tokens: 0 }]);
  });

  it.each(['response.output_audio.delta', 'response.audio.delta'])('sound (%s) is named by its bytes, without a price', (type) => {
    const socket = realtime();
    send(socket, append);
    send(socket, item({ type: 'input_audio', audio: 'A'.repeat(40) }));
    socket.hear(created());
    socket.hear(piece(type, 'A'.repeat(80)));
    expect(usagesOf(socket.unreported(true))).toEqual([{ input_tokens: 0, output_tokens: 0, unestimated_audio_input_bytes: 330, unestimated_audio_output_bytes: 60 }]);
  });

  it('what transcribes the client is no answer', () => {
    const socket = realtime();
    socket.hear(created());
    socket.hear(frame({ type: 'conversation.item.input_audio_transcription.delta', item_id: 'i', delta: 'abcd' }));
    expect(usagesOf(socket.unreported(true))).toEqual([{ input_tokens: 0, output_tokens: 0 }]);
  });

  it('of answers side by side, each has its own text', () => {
    const socket = realtime();
    for (const id of ['r', 's']) socket.hear(created(`resp_${id}`));
    socket.hear(piece('response.output_text.delta', 'x'.repeat(40), 'resp_r'));
    socket.hear(piece('response.output_text.delta', 'abcd', 'resp_s'));
    socket.hear(frame({ type: 'response.done', response: { id: 'resp_r', usage: USAGE } }));
    expect(usagesOf(socket.unreported(true))).toEqual([{ input_tokens: 0, output_tokens: 1 }]);
  });
});

describe('any bytes', () => {
  /** `WS_FUZZ_RUNS=1000000` for the long run. */
  const numRuns = Number(process.env['WS_FUZZ_RUNS'] ?? 50_000);
  const word = fc.constantFrom('type', 'response.create', 'response.completed', 'response.done', 'error', 'model', 'response', 'usage', 'session', 'audio', 'input', 'transcription', 'event_id', 'id', 'gpt-5.4', '');
  const leaf = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null), fc.string());
  const nest = (inner: fc.Arbitrary<unknown>) => fc.dictionary(word, fc.oneof(leaf, inner), { maxKeys: 5 });
  const response = fc.record({ id: leaf, model: leaf, service_tier: leaf, usage: nest(leaf) }, { requiredKeys: [] });
  const likely = fc.record({ type: word, event_id: leaf, model: leaf, response, session: nest(nest(leaf)), usage: nest(leaf) }, { requiredKeys: ['type'] });
  const tree = fc.oneof(likely, nest(nest(nest(leaf))), leaf);
  const mutation = fc.record({ at: fc.nat(2_000), byte: fc.nat(255), cut: fc.boolean() });
  const mutated = fc.tuple(tree, fc.array(mutation, { maxLength: 4 })).map(([value, mutations]) => {
    let bytes = Buffer.from(JSON.stringify(value));
    for (const { at, byte, cut } of mutations) {
      if (bytes.length === 0) break;
      if (cut) bytes = bytes.subarray(0, at % bytes.length);
      else bytes[at % bytes.length] = byte;
    }
    return bytes;
  });

  it.each(['/v1/responses', '/v1/realtime'])(`${numRuns} mutated frames of %s: no crash, and what is asked for is what JSON.parse sees`, (path) => {
    const socket = conversation(path, 'm');
    fc.assert(
      fc.property(mutated, (bytes) => {
        const heard = socket.hear(bytes);
        if (heard?.usage) expect(typeof heard.usage.reading.usage).toBe('object');
        const asked = socket.readAsked(bytes);
        if (!(asked instanceof Refusal)) socket.sent(bytes, asked);
        const parsed = parsedOrNull(bytes);
        if (parsed?.['type'] !== 'response.create') return;
        // Never passed by without a check: it is refused, or its model is among those to be checked.
        expect(asked).not.toBeNull();
        const { model } = parsed;
        if (typeof model === 'string' && model !== '' && !(asked instanceof Refusal)) expect(asked!.models).toContain(model);
      }),
      { numRuns },
    );
    expect(socket.unreported(true).length).toBeLessThanOrEqual(32);
  }, 1_200_000);
});

const parsedOrNull = (bytes: Buffer): Record<string, unknown> | null => {
  try {
    return JSON.parse(bytes.toString()) as Record<string, unknown> | null;
  } catch {
    return null;
  }
};
