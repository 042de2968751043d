import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { Refusal, refusals } from '../refusals.js';

/** Long enough for any model name, size or format; other fields, such as a prompt, may be longer and are not kept. */
const MAX_FIELD_BYTES = 4_096;
const MAX_PARTS = 1_000;

/** The upload was stopped by us, and why. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

export interface FormRules {
  contentType: string;
  /** Fields to keep; each may stand in the form once, and never as a file. */
  wanted: ReadonlySet<string>;
  maxBytes: number;
  /** Asked after each wanted field, and once more at the end. */
  problem: (field: (name: string) => string | null) => Refusal | null;
}

/**
 * A multipart form on its way upstream, with its small fields read on the side. Nothing leaves before the field `model` has been seen: what comes
 * before it is kept. After that the bytes pass as they come, one piece behind the reader, so that a form with something wrong in it never goes out
 * whole: a model that was checked cannot be replaced by a second one further down.
 */
export class FormBody extends Transform {
  private readonly parser: BusboyInstance;
  private readonly fields = new Map<string, string>();
  private refusal: Refusal | null = null;
  private kept: Buffer[] = [];
  private last: Buffer | null = null;
  private bytes = 0;
  private ended = false;
  private isParsed = false;
  private settle: ((result: Refusal | null) => void) | null = null;

  /** Has the whole form been handed on? */
  get isComplete(): boolean {
    return this.ended;
  }

  constructor(private readonly rules: FormRules) {
    super();
    this.parser = new Busboy({ headers: { 'content-type': rules.contentType } as BusboyHeaders, limits: { fieldSize: MAX_FIELD_BYTES, parts: MAX_PARTS, fields: MAX_PARTS } });
    this.parser.on('field', (name, value, _nameTruncated, valueTruncated) => this.onField(name, value, valueTruncated));
    this.parser.on('file', (name, file) => {
      if (rules.wanted.has(name)) this.refusal ??= refusals.bodyNotForm(`the field '${name}' is a file`);
      // The parser tells of a file that ends too early twice: here and by itself.
      file.on('error', () => undefined);
      file.resume();
    });
    this.parser.once('finish', () => (this.isParsed = true));
    this.parser.on('partsLimit', () => (this.refusal ??= refusals.bodyNotForm(`it has more than ${MAX_PARTS} parts`)));
    this.parser.on('error', (error) => this.refuse(refusals.bodyNotForm((error as Error).message.toLowerCase())));
    // Whoever forwards it hears of an error too; before that, `start` tells.
    this.on('error', (error) => this.settle?.(error instanceof UploadRefused ? error.refusal : refusals.bodyIncomplete));
  }

  field(name: string): string | null {
    return this.fields.get(name) ?? null;
  }

  /** Reads until the model is known. Null: it is, and the form can go upstream. */
  async start(request: IncomingMessage): Promise<Refusal | null> {
    const refusal = await this.untilModel(request);
    // The end may have come right behind the model, and been a bad one.
    return refusal ?? (this.errored instanceof UploadRefused ? this.errored.refusal : null);
  }

  private untilModel(request: IncomingMessage): Promise<Refusal | null> {
    return new Promise((resolve) => {
      this.settle = (result) => {
        this.settle = null;
        resolve(result);
      };
      request.on('error', () => this.destroy(new UploadRefused(refusals.bodyIncomplete)));
      request.on('aborted', () => this.destroy(new UploadRefused(refusals.bodyIncomplete)));
      // What is left of a refused upload is read and dropped, so that the caller gets to see the answer.
      this.on('close', () => request.unpipe(this).resume());
      request.pipe(this);
    });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    if (this.bytes > this.rules.maxBytes) return done(new UploadRefused(refusals.bodyTooLarge(this.rules.maxBytes)));
    this.parser.write(chunk, () => {
      // The parser tells of a field some ticks after the write.
      setImmediate(() => {
        if (this.refusal !== null) return done(new UploadRefused(this.refusal));
        this.hand(chunk);
        done();
      });
    });
  }

  override _flush(done: TransformCallback): void {
    // The parser is done when it has seen the closing boundary, which may have been in an earlier piece. Of an early end it may tell some ticks later.
    const whenParsed = (): void => void setImmediate(() => this.finish(done));
    if (this.isParsed) return whenParsed();
    this.parser.once('finish', whenParsed);
    this.parser.end();
  }

  private finish(done: TransformCallback): void {
    if (this.destroyed) return;
    if (!this.fields.has('model')) this.refusal ??= refusals.modelMissing;
    this.refusal ??= this.rules.problem((name) => this.field(name));
    if (this.refusal !== null) return done(new UploadRefused(this.refusal));
    this.open();
    if (this.last !== null) this.push(this.last);
    this.ended = true;
    done();
  }

  private onField(name: string, value: string, isCut: boolean): void {
    if (!this.rules.wanted.has(name)) return;
    if (this.fields.has(name)) this.refusal ??= refusals.memberTwice(name);
    if (isCut) this.refusal ??= refusals.bodyNotForm(`the field '${name}' is too long`);
    this.fields.set(name, value);
    if (name === 'model' && value === '') this.refusal ??= refusals.modelMissing;
    this.refusal ??= this.rules.problem((wanted) => this.field(wanted));
  }

  /** Passes on what came before this piece. */
  private hand(chunk: Buffer): void {
    if (this.last !== null) {
      if (this.settle === null) this.push(this.last);
      else this.kept.push(this.last);
    }
    this.last = chunk;
    if (this.fields.has('model')) this.open();
  }

  private open(): void {
    for (const piece of this.kept) this.push(piece);
    this.kept = [];
    this.settle?.(null);
  }

  private refuse(refusal: Refusal): void {
    if (!this.destroyed) this.destroy(new UploadRefused(this.refusal ?? refusal));
  }
}
