import { z } from 'zod';
import { ProviderFailure } from './provider-failure.js';

/** Request header that dictates what the simulator answers: a JSON object, see `SimulatorControl`. */
export const CONTROL_HEADER = 'x-simulator';

const MAX_DELAY_MS = 600_000;
const delayMs = z.number().min(0).max(MAX_DELAY_MS);

const controlSchema = z
  .strictObject({
    /** Laid over the usage the simulator would report, detail objects included. Null: the answer has no usage. */
    usage: z.record(z.string(), z.unknown()).nullable(),
    /** Reports `usage` as it is, without the fields the simulator would add. */
    exactUsage: z.boolean(),
    /** Model named in the answer, instead of the requested one. */
    model: z.string().min(1),
    /** Service tier named in the answer. */
    serviceTier: z.string().nullable(),
    text: z.string(),
    /** Pieces a streamed text comes in. Without `text`, the simulator's sentence is repeated until there are enough. */
    chunks: z.int().min(1).max(100_000),
    /** `length`: the answer stops because the token limit is reached. */
    finish: z.enum(['stop', 'length']),
    /** Before every write but the first. */
    chunkDelayMs: delayMs,
    /** Before the status line. */
    firstByteDelayMs: delayMs,
    /** Answers with this error. */
    status: z.int().min(400).max(599),
    /** Body of that error: text goes out as `text/html`, anything else as JSON. */
    error: z.unknown(),
    /** `retry-after` of that error. A 429 has one of 1 s anyway. */
    retryAfterSeconds: z.number().min(0),
    /** Cuts the connection after so many text pieces of a stream; any other answer is cut in the middle of its body. */
    cutAfterChunks: z.int().min(0),
    /** Status 200 and a body that no parser takes, of that content type. */
    garbage: z.enum(['json', 'sse']),
    compress: z.literal('gzip'),
    /** Sends the body in pieces of so many bytes, across event borders and multi-byte characters. */
    splitBytes: z.int().min(1),
    /** Ends the lines of a stream with CR LF. */
    crlf: z.boolean(),
    /** Usage of an image generated inside a response. */
    imageToolUsage: z.record(z.string(), z.unknown()),
    /** When the batch that this request makes ends. At once without it. */
    batchEndsAfterMs: delayMs,
    /** Further headers of the answer; a list is sent as one header a value. */
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    /** Refuses the credential with a message that quotes it in full. */
    echoAuthorization: z.boolean(),
    /** WebSocket: code to close with, after the answer or after `cutAfterChunks` pieces. Without it a cut just ends the connection. */
    closeCode: z.int().min(1000).max(4999),
    /** WebSocket: pings with this payload and answers only when the pong has come. */
    ping: z.string().max(125),
    /** WebSocket: sends the last frame of an answer twice. */
    repeatEnd: z.boolean(),
    /** WebSocket: sends binary frames. */
    binary: z.boolean(),
    /** WebSocket: usage of a Realtime transcript. Null: it has none. */
    transcriptionUsage: z.record(z.string(), z.unknown()).nullable(),
  })
  .partial();

/** What a caller can dictate. Everything is optional; an empty object is an ordinary answer. */
export type SimulatorControl = z.infer<typeof controlSchema>;

/** The control as a request header, to be given to `fetch` or as a default or extra header to an SDK. */
export const simulatorHeaders = (control: SimulatorControl): Record<string, string> => ({
  // Header values are Latin-1, so everything else is escaped the way JSON allows.
  [CONTROL_HEADER]: JSON.stringify(control).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
});

const NO_CONTROL: SimulatorControl = Object.freeze({});

const REMEMBERED_HEADERS = 64;
const remembered = new Map<string, SimulatorControl>();

/** @throws ProviderFailure 400 when the header is not a control object, so that a typing error cannot pass unnoticed */
export const readControl = (header: string | string[] | undefined): SimulatorControl => {
  if (header === undefined) return NO_CONTROL;
  const text = String(header);
  const known = remembered.get(text);
  if (known) return known;
  const control = parseControl(text);
  if (remembered.size >= REMEMBERED_HEADERS) remembered.clear();
  remembered.set(text, control);
  return control;
};

/** @throws ProviderFailure 400 when the text is no control object */
export const parseControl = (text: string): SimulatorControl => {
  try {
    return controlSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new ProviderFailure(400, `The header ${CONTROL_HEADER} is not a simulator control: ${reason}`);
  }
};
