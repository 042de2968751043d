import { JSON_SKIP_WASM } from './json-skip.wasm.js';

// Node has it; TypeScript knows it only among the types of browsers.
declare const WebAssembly: { Module: new (binary: Uint8Array) => object; Instance: new (module: object) => { exports: unknown } };

/** Scanned without looking at brackets or strings one by one; see `wasm/json-skip.as`. */
interface JsonSkip {
  memory: { buffer: ArrayBuffer };
  begin(): void;
  skipNested(from: number, to: number): number;
  skipString(from: number, to: number): number;
}

/** The value does not end in these bytes, or not in good order. */
export const TRUNCATED = -1;
export const MALFORMED = -2;
export const TOO_DEEP = -3;

const WINDOW_OFFSET = 1_024;
const WINDOW_BYTES = 65_536;

const scan = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(JSON_SKIP_WASM, 'base64'))).exports as JsonSkip;
const window = new Uint8Array(scan.memory.buffer, WINDOW_OFFSET, WINDOW_BYTES);

// One window for all: a scan is synchronous.
let shown: Buffer | null = null;
let shownFrom = 0;
let shownTo = 0;

/** Call it before the first skip in a text: bytes may have changed since the buffer was last seen. */
export const lookAnew = (): void => {
  shown = null;
};

/** @returns the index after the object or array that begins at `from`, or TRUNCATED, MALFORMED, TOO_DEEP */
export const skipNested = (json: Buffer, from: number): number => skip(json, from, scan.skipNested);

/** @returns the index after the closing quote of the string whose characters begin at `from`, or TRUNCATED */
export const skipString = (json: Buffer, from: number): number => skip(json, from, scan.skipString);

const skip = (json: Buffer, from: number, scanWindow: (from: number, to: number) => number): number => {
  scan.begin();
  let at = from;
  while (at < json.length) {
    if (shown !== json || at < shownFrom || at >= shownTo) show(json, at);
    const end = scanWindow(at - shownFrom, shownTo - shownFrom);
    if (end !== TRUNCATED) return end < 0 ? end : shownFrom + end;
    at = shownTo;
  }
  return TRUNCATED;
};

const show = (json: Buffer, from: number): void => {
  shown = json;
  shownFrom = from;
  shownTo = Math.min(json.length, from + WINDOW_BYTES);
  window.set(from === 0 && shownTo === json.length ? json : json.subarray(from, shownTo));
};
