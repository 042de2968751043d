import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { SimulatorControl } from './control.js';
import type { Answer, StreamEvent } from './provider.js';

type AnswerHeaders = Record<string, string | string[]>;

/**
 * Writes the answer with the delays and faults the caller dictated. Returns early when the caller goes away.
 * @returns true when it cut the connection, as it was told
 */
export const sendAnswer = async (response: ServerResponse, answer: Answer, headers: AnswerHeaders, control: SimulatorControl): Promise<boolean> => {
  if (control.firstByteDelayMs) await pause(response, control.firstByteDelayMs);
  if (response.destroyed) return false;
  const isCut = control.cutAfterChunks !== undefined;
  const pieces = toPieces(answer, control);
  writeHead(response, answer, headers, control);
  const gzip = control.compress === 'gzip' ? openGzip(response) : null;
  const sink = gzip ?? response;
  for (const [index, piece] of pieces.entries()) {
    // Node sends the writes of one turn as one chunk; a provider's events come one by one.
    if (index > 0) await (control.chunkDelayMs ? pause(response, control.chunkDelayMs) : nextTurn());
    if (response.destroyed) return false;
    if (!sink.write(piece)) await drained(sink, response);
  }
  if (isCut) await cutConnection(response, gzip);
  else sink.end();
  return isCut;
};

const writeHead = (response: ServerResponse, answer: Answer, headers: AnswerHeaders, control: SimulatorControl): void => {
  if ('events' in answer) headers['content-type'] = 'text/event-stream; charset=utf-8';
  else {
    headers['content-type'] = answer.contentType ?? 'application/json';
    if (!control.compress && !control.splitBytes) headers['content-length'] = String(Buffer.byteLength(answer.body));
    Object.assign(headers, answer.headers);
  }
  if (control.compress) headers['content-encoding'] = control.compress;
  response.writeHead('events' in answer ? 200 : answer.status, headers);
};

const toPieces = (answer: Answer, control: SimulatorControl): (string | Buffer)[] => {
  const pieces = 'events' in answer ? toEventTexts(answer.events, control) : [toBodyText(answer.body, control)];
  return control.splitBytes === undefined ? pieces : splitBytes(pieces.join(''), control.splitBytes);
};

const toBodyText = (body: string, { cutAfterChunks }: SimulatorControl): string => (cutAfterChunks === undefined ? body : body.slice(0, body.length / 2));

const toEventTexts = (events: StreamEvent[], { cutAfterChunks, crlf }: SimulatorControl): string[] => {
  const kept = cutAfterChunks === undefined ? events : beforeCut(events, cutAfterChunks);
  const lineEnd = crlf ? '\r\n' : '\n';
  return kept.map(({ name, data }) => `${name === undefined ? '' : `event: ${name}${lineEnd}`}data: ${data}${lineEnd}${lineEnd}`);
};

/** The events up to the last text piece that still goes out; with none, those before the first. */
const beforeCut = (events: StreamEvent[], pieces: number): StreamEvent[] => {
  const texts = events.flatMap((event, index) => (event.isText ? [index] : []));
  const end = pieces === 0 ? texts[0] : texts[Math.min(pieces, texts.length) - 1]! + 1;
  return events.slice(0, end);
};

const splitBytes = (text: string, size: number): Buffer[] => {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
};

/** Every write reaches the caller at once, as a streaming server that compresses does it. */
const openGzip = (response: ServerResponse): Gzip => {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  response.once('close', () => gzip.destroy());
  gzip.pipe(response);
  return gzip;
};

/** What was written goes out; then the connection ends in the middle of the body. */
const cutConnection = async (response: ServerResponse, gzip: Gzip | null): Promise<void> => {
  if (gzip) {
    await new Promise<void>((resolve) => gzip.flush(constants.Z_SYNC_FLUSH, resolve));
    await nextTurn();
  }
  response.socket?.destroySoon();
};

const pause = (response: ServerResponse, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    response.once('close', done);
  });

const drained = (sink: NodeJS.WritableStream, response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done);
      response.off('close', done);
      resolve();
    };
    sink.once('drain', done);
    response.once('close', done);
  });
