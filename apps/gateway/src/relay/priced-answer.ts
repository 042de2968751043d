import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { COST_FIELD_NAMES, type CostFields } from './cost-fields.js';
import { MAX_LOOK_BYTES } from './usage-tap.js';

export interface AnswerHead {
  status: number;
  statusMessage: string;
  headers: OutgoingHttpHeaders;
}

const NO_CONTENT = 204;

/**
 * An answer whose caller asked what it costs. That is known at its end: so a JSON answer is held back until then and has it in its headers, and what
 * is streamed goes out as it comes and has it in trailers. The bytes of the body stay as they are.
 */
export class PricedAnswer {
  /** Null: the head is out. */
  private held: Buffer[] | null;
  private heldBytes = 0;

  /**
   * @param isHeld is the whole answer waited for?
   * @param cost called once, when the last byte was read
   */
  constructor(
    private readonly response: ServerResponse,
    private readonly head: AnswerHead,
    isHeld: boolean,
    private readonly cost: () => CostFields,
  ) {
    this.held = isHeld ? [] : null;
    if (this.held === null) this.announce();
  }

  /** @returns false when the caller reads more slowly than it is given */
  write(bytes: Buffer): boolean {
    if (this.held === null) return this.response.write(bytes);
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    // What is too long to be looked at need not be waited for.
    return this.heldBytes <= MAX_LOOK_BYTES || this.release(this.held);
  }

  end(last?: Buffer): void {
    const { response, head } = this;
    if (this.held === null) {
      if (this.canTrail) response.addTrailers(this.cost());
      response.end(last);
      return;
    }
    response.writeHead(head.status, head.statusMessage, { ...head.headers, ...this.cost() });
    response.end(Buffer.concat(last === undefined ? this.held : [...this.held, last]));
  }

  /** Trailers need chunks, which a client of HTTP/1.0 does not know. */
  private get canTrail(): boolean {
    return this.response.useChunkedEncodingByDefault && this.head.status !== NO_CONTENT;
  }

  private announce(): void {
    const { response, head } = this;
    const headers = { ...head.headers };
    if (this.canTrail) {
      delete headers['content-length'];
      headers['trailer'] = COST_FIELD_NAMES.join(', ');
    }
    response.writeHead(head.status, head.statusMessage, headers);
    response.flushHeaders();
  }

  private release(held: Buffer[]): boolean {
    this.held = null;
    this.announce();
    return this.response.write(Buffer.concat(held));
  }
}
