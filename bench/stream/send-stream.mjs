import { createHash } from 'node:crypto';

/** Request header: does the caller of the relay get the usage chunk? Only the sender of the stream knows what its hash must cover. */
export const SHOWS_USAGE_HEADER = 'x-bench-shows-usage';

export const CHUNKS = 64;
export const CHUNK_EVERY_MS = 20;

/** In front of the moment a chunk was sent, in milliseconds of the machine's monotonic clock, which all processes share. */
export const SENT_AT = 'sent@';
/** In front of the hash of all bytes before its line; the last line of the stream. */
export const HASH = ': sha256=';

export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

const base = { id: 'chatcmpl-BvQ1kR6V8q0c9mXo2mYb3mT5r7xWz', object: 'chat.completion.chunk', created: 1_795_000_000, model: 'gpt-4.1-2025-04-14', service_tier: 'default', system_fingerprint: 'fp_bench' };

const chunk = (/** @type {boolean} */ usageAsked) =>
  `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta: { content: `${SENT_AT}${monotonicMs().toFixed(3)} ` }, logprobs: null, finish_reason: null }], ...(usageAsked ? { usage: null } : {}) })}\n\n`;

const usageChunk = `data: ${JSON.stringify({
  ...base,
  choices: [],
  usage: {
    prompt_tokens: 412,
    completion_tokens: 64,
    total_tokens: 476,
    prompt_tokens_details: { cached_tokens: 256, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  },
})}\n\n`;

/**
 * Streams a chat completion at an even pace.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
export const sendStream = (request, response) => {
  /** @type {Buffer[]} */
  const body = [];
  request.on('data', (part) => body.push(part));
  request.on('end', () => {
    const usageAsked = Buffer.concat(body).includes('"include_usage":true');
    stream(response, usageAsked, request.headers[SHOWS_USAGE_HEADER] === 'true');
  });
};

/** @param {import('node:http').ServerResponse} response @param {boolean} usageAsked @param {boolean} showsUsage */
const stream = (response, usageAsked, showsUsage) => {
  const hash = createHash('sha256');
  const send = (/** @type {string} */ text) => {
    hash.update(text);
    response.write(text);
  };
  let sent = 0;
  const next = () => {
    send(chunk(usageAsked));
    sent += 1;
    if (sent < CHUNKS) return;
    clearInterval(timer);
    if (usageAsked && showsUsage) send(usageChunk);
    else if (usageAsked) response.write(usageChunk);
    send('data: [DONE]\n\n');
    response.end(`${HASH}${hash.digest('hex')}\n\n`);
  };
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_5b1c6f0d2a9e4c7f8b3a1d2e4f5a6b7c' });
  const timer = setInterval(next, CHUNK_EVERY_MS);
  response.on('close', () => clearInterval(timer));
  next();
};
