// A provider that costs as little CPU as can be, because it shares the machine with what is measured: it answers every chat completion with
// the same kilobyte, after a delay where the caller asks for one, and streams with a time stamp in every chunk.
import { createServer } from 'node:http';
import { answerParent } from '../processes/answer-parent.mjs';
import { sendStream } from '../stream/send-stream.mjs';
import { THINKING_HEADER } from './thinking-header.mjs';

const answer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-BvQ1kR6V8q0c9mXo2mYb3mT5r7xWz',
    object: 'chat.completion',
    created: 1_795_000_000,
    model: 'gpt-4.1-2025-04-14',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'The function returns early when the list is empty, "so the second loop never runs".\n'.repeat(5), refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 412,
      completion_tokens: 98,
      total_tokens: 510,
      prompt_tokens_details: { cached_tokens: 256, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
    },
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
  }),
);
const headers = {
  'content-type': 'application/json',
  'content-length': answer.length,
  'openai-organization': 'bench',
  'openai-processing-ms': '412',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '30000',
  'x-ratelimit-remaining-requests': '29999',
  'x-request-id': 'req_5b1c6f0d2a9e4c7f8b3a1d2e4f5a6b7c',
};

/** @type {import('node:http').Server} */
let server;

answerParent({
  start: async () => {
    server = createServer({ keepAliveTimeout: 120_000, noDelay: true }, (request, response) => {
      if (request.headers.accept === 'text/event-stream') {
        sendStream(request, response);
        return;
      }
      const thinkingMs = Number(request.headers[THINKING_HEADER] ?? 0);
      request.on('end', () => {
        if (thinkingMs === 0) response.writeHead(200, headers).end(answer);
        else setTimeout(() => response.writeHead(200, headers).end(answer), thinkingMs);
      });
      request.resume();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return { url: `http://127.0.0.1:${port}` };
  },
  stop: () => server.closeAllConnections(),
});
