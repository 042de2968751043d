import { request as httpRequest } from 'node:http';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { versionFor } from './anthropic-version.js';
import { bill, expectBill, expectBilledAnswers } from './bill.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

/** Every kind of stream is broken after each of so many pieces of text. */
const CUTS = 20;
const QUESTION = 'x'.repeat(40);
const QUESTION_TOKENS = 10;
const REPORTED = { input: 100, output: 10 };

const KINDS = [
  {
    kind: 'chat',
    path: '/openai/v1/chat/completions',
    body: { model: 'gpt-4.1', stream: true, messages: [{ role: 'user', content: QUESTION }] },
    usage: { prompt_tokens: REPORTED.input, completion_tokens: REPORTED.output },
    textIn: (event: { choices?: { delta?: { content?: string } }[] }) => event.choices?.[0]?.delta?.content,
    prices: { input: 2_000, output: 8_000 },
  },
  {
    kind: 'responses',
    path: '/openai/v1/responses',
    body: { model: 'gpt-5.4', stream: true, input: QUESTION },
    usage: { input_tokens: REPORTED.input, output_tokens: REPORTED.output },
    textIn: (event: { delta?: string }) => event.delta,
    prices: { input: 2_500, output: 15_000 },
  },
  {
    kind: 'messages',
    path: '/anthropic/v1/messages',
    body: { model: 'claude-sonnet-4-6', max_tokens: 50, stream: true, messages: [{ role: 'user', content: QUESTION }] },
    usage: { input_tokens: REPORTED.input, output_tokens: REPORTED.output, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    textIn: (event: { delta?: { text?: string } }) => event.delta?.text,
    prices: { input: 3_000, output: 15_000 },
  },
] as const;

type Kind = (typeof KINDS)[number];

describe('streams that break, at every point', () => {
  let simulator: ProviderSimulator;
  let system: System;

  beforeAll(async () => {
    simulator = await startProviderSimulator();
    system = await startSystem({
      env: {
        OPENAI_API_KEY: 'sk',
        OPENAI_BASE_URL: simulator.openAiBaseUrl,
        ANTHROPIC_API_KEY: 'sk',
        ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl,
        AFTER_DISCONNECT_MS: '3000',
      },
    });
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
  });

  /** Calls, and leaves after so many events when told to; resolves with what arrived, however it ended. */
  const call = (kind: Kind, control: Parameters<typeof simulatorHeaders>[0], journey: string, leaveAfter?: number) =>
    new Promise<string>((resolve) => {
      const headers = { authorization: `Bearer ${system.apiKey}`, ...versionFor(kind.path), ...simulatorHeaders(control), 'x-meshagent-annotation-journey': journey };
      let text = '';
      const request = httpRequest(system.baseUrl + kind.path, { method: 'POST', headers }, (response) => {
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (leaveAfter !== undefined && text.split('\n\n').length > leaveAfter) request.destroy();
        });
        if (leaveAfter === 0) request.destroy();
        response.on('close', () => resolve(text)).on('error', () => undefined);
      });
      request.on('error', () => resolve(text));
      request.end(JSON.stringify(kind.body));
    });

  const charactersIn = (kind: Kind, stream: string): number =>
    [...stream.matchAll(/^data: (\{.*\})$/gm)].reduce((sum, [, data]) => sum + (kind.textIn(JSON.parse(data!) as never) ?? '').length, 0);

  const ofJourney = (journey: string) => ({ annotations: JSON.stringify({ journey }) });

  const quantities = async (journey: string) => Object.fromEntries((await bill(system, ofJourney(journey))).map(({ type, quantity }) => [type, Number(quantity)]));

  describe.each(KINDS)('$kind', (kind) => {
    it(`cut by the provider after each of ${CUTS} pieces: billed for what was asked and what arrived`, async () => {
      const journey = `cut-${kind.kind}`;
      let output = 0;
      for (let pieces = 0; pieces < CUTS; pieces++) {
        const stream = await call(kind, { usage: kind.usage, chunks: CUTS + 1, cutAfterChunks: pieces }, journey);
        // Anthropic's first event has reported one token of output before any text.
        output += Math.max(kind.kind === 'messages' ? 1 : 0, Math.ceil(charactersIn(kind, stream) / 4));
      }
      await expectBilledAnswers(system, CUTS, ofJourney(journey));
      const input = kind.kind === 'messages' ? REPORTED.input : QUESTION_TOKENS;
      expect(await quantities(journey)).toEqual({ input_tokens: input * CUTS, output_tokens: output, llm_proxy_surcharge: CUTS });
      expect(output).toBeGreaterThan(CUTS);
    });

    it(`left by the caller after each of ${CUTS} events: billed for what the provider reports`, async () => {
      const journey = `left-${kind.kind}`;
      await Promise.all(Array.from({ length: CUTS }, (_, events) => call(kind, { usage: kind.usage, chunks: CUTS + 1, chunkDelayMs: 10 }, journey, events)));
      const { model } = kind.body;
      await expectBill(system, ofJourney(journey), [
        `${model} input_tokens ${REPORTED.input * CUTS} ${REPORTED.input * CUTS * kind.prices.input}`,
        `${model} output_tokens ${REPORTED.output * CUTS} ${REPORTED.output * CUTS * kind.prices.output}`,
        `${model} llm_proxy_surcharge ${CUTS} ${((REPORTED.input * kind.prices.input + REPORTED.output * kind.prices.output) * CUTS) / 20}`,
      ]);
    });

    it('left by the caller, and longer than anybody waits: billed for what was asked and what arrived until then', async () => {
      const journey = `long-${kind.kind}`;
      await call(kind, { usage: kind.usage, text: 'abcdefgh'.repeat(100), chunks: 100, chunkDelayMs: 500 }, journey, 2);
      await expectBilledAnswers(system, 1, ofJourney(journey));
      const { input_tokens: input, output_tokens: output } = await quantities(journey);
      expect(input).toBe(kind.kind === 'messages' ? REPORTED.input : QUESTION_TOKENS);
      // Eight characters, two tokens, every half second, for three seconds.
      expect(output).toBeGreaterThanOrEqual(4);
      expect(output).toBeLessThan(40);
    });
  });

  it.each(KINDS)('an answer that is not streamed, cut in the middle of its body: $kind', async (kind) => {
    const journey = `cut-body-${kind.kind}`;
    const body = { ...kind, body: { ...kind.body, stream: false } } as unknown as Kind;
    await call(body, { usage: kind.usage, cutAfterChunks: 1, text: 'abcd'.repeat(1_000) }, journey);
    await expectBilledAnswers(system, 1, ofJourney(journey));
    const { input_tokens: input, output_tokens: output } = await quantities(journey);
    expect(input).toBe(QUESTION_TOKENS);
    expect(output).toBeGreaterThan(400);
    expect(output).toBeLessThan(1_000);
  });

  it('left before the provider has answered at all: billed for what was asked, since the provider has it', async () => {
    const [kind] = KINDS;
    const headers = { authorization: `Bearer ${system.apiKey}`, ...simulatorHeaders({ firstByteDelayMs: 20_000 }), 'x-meshagent-annotation-journey': 'left-early' };
    const seen = simulator.requests.length;
    const request = httpRequest(system.baseUrl + kind.path, { method: 'POST', headers }).on('error', () => undefined);
    request.end(JSON.stringify(kind.body));
    await until(() => simulator.requests.length > seen);
    request.destroy();
    await expectBill(system, ofJourney('left-early'), [`gpt-4.1 input_tokens ${QUESTION_TOKENS} ${QUESTION_TOKENS * 2_000}`, 'gpt-4.1 llm_proxy_surcharge 1 1000']);
  });
});
