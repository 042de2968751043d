import type { UsageTap } from './usage-tap.js';

const MAX_LIST_BYTES = 16 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);

/** Holds a list of models back until it is whole, and lets through what the caller may see. What is no such list is shown as an empty one. */
export class ModelListTap implements UsageTap {
  private chunks: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly isVisible: (model: string) => boolean) {}

  push(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    if (this.bytes <= MAX_LIST_BYTES) this.chunks.push(chunk);
    return EMPTY;
  }

  end(): Buffer {
    const list = this.bytes <= MAX_LIST_BYTES ? parseList(Buffer.concat(this.chunks)) : null;
    const data = (list?.data ?? []).filter((entry) => this.isVisible(idOf(entry)));
    this.chunks = [];
    return Buffer.from(JSON.stringify({ ...(list ?? { object: 'list' }), data }));
  }
}

const parseList = (json: Buffer): { data: unknown[] } | null => {
  try {
    const list = JSON.parse(json.toString('utf8')) as { data?: unknown } | null;
    return Array.isArray(list?.data) ? (list as { data: unknown[] }) : null;
  } catch {
    return null;
  }
};

const idOf = (entry: unknown): string => {
  const id = (entry as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : '';
};
