export const REDACTED = '***REDACTED***';

/** A piece of the key this long is the key as far as a thief is concerned; shorter ones are what providers show to tell keys apart. */
const FRAGMENT = 12;

/** Anything that looks like a provider key, whole or masked, whoever's it is: nobody needs to read one in an error. */
const KEY_LIKE = /\bsk-[\w*\x80-\xff-]{4,}(?:\.{3}[\w-]*)?/g;

/** What stands before and after a mask is compared with the key. Bytes above 0x7f may be a mask character in UTF-8. */
const MASK = /[*\x80-\xff]{3,}|\.{3}/g;
const WORD_BEFORE = /[\w-]*$/;
const WORD_AFTER = /^[\w-]*/;
/** How far around a mask is looked. */
const SHOWN = 64;
const LEAST_SHOWN = 4;
/** A key shorter than this is no secret, and would be found in the middle of words. */
const SHORTEST_KEY = 6;

/** Finds a provider key, or a recognisable piece of it, in text. Works on Latin-1 text, where every byte is a character. */
export class KeyEcho {
  private spellings: readonly string[] | undefined;

  constructor(private readonly apiKey: string) {}

  /** The same text without the key; the same string when there was nothing to take out. */
  redact(text: string): string {
    let clean = text;
    for (const spelling of this.wanted()) {
      if (clean.includes(spelling)) clean = clean.replaceAll(spelling, REDACTED);
    }
    clean = withoutFragments(clean, this.apiKey);
    return this.withoutMasked(clean.replace(KEY_LIKE, REDACTED));
  }

  /** The ways a text may write the key, longest first. */
  private wanted(): readonly string[] {
    if (this.spellings !== undefined) return this.spellings;
    const { apiKey } = this;
    const ways = [apiKey, JSON.stringify(apiKey).slice(1, -1), encodeURIComponent(apiKey), Buffer.from(apiKey).toString('base64')];
    const latin1 = ways.map((way) => Buffer.from(way).toString('latin1'));
    this.spellings = [...new Set(latin1)].filter(() => apiKey.length >= SHORTEST_KEY).sort((a, b) => b.length - a.length);
    return this.spellings;
  }

  /** `abcd****wxyz`, where the key begins and ends so. */
  private withoutMasked(text: string): string {
    let clean = '';
    let done = 0;
    for (const { 0: mask, index } of text.matchAll(MASK)) {
      if (index < done) continue;
      const before = WORD_BEFORE.exec(text.slice(Math.max(done, index - SHOWN), index))![0];
      const end = index + mask.length;
      const after = WORD_AFTER.exec(text.slice(end, end + SHOWN))![0];
      const isKey = before.length + after.length >= LEAST_SHOWN && this.apiKey.startsWith(before) && this.apiKey.endsWith(after);
      if (!isKey) continue;
      clean += text.slice(done, index - before.length) + REDACTED;
      done = end + after.length;
    }
    return clean + text.slice(done);
  }
}

/** Takes out every run of characters that it has in common with the key, from `FRAGMENT` characters on. */
const withoutFragments = (text: string, apiKey: string): string => {
  let clean = text;
  if (text.length < FRAGMENT) return clean;
  for (let start = 0; start + FRAGMENT <= apiKey.length; start += 1) {
    const piece = apiKey.slice(start, start + FRAGMENT);
    for (let at = clean.indexOf(piece); at >= 0; at = clean.indexOf(piece, at + REDACTED.length)) {
      let length = FRAGMENT;
      while (start + length < apiKey.length && clean[at + length] === apiKey[start + length]) length += 1;
      clean = clean.slice(0, at) + REDACTED + clean.slice(at + length);
    }
  }
  return clean;
};
