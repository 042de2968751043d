import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readControl, simulatorHeaders } from './control.js';
import { textPieces } from './simulated-text.js';

describe('textPieces', () => {
  it('makes up the dictated text, however it is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }), (text, chunks) => {
        const pieces = textPieces('gpt-4.1', { text, chunks });
        expect(pieces.join('')).toBe(text);
        if (chunks !== undefined) expect(pieces).toHaveLength(Math.max(1, Math.min(chunks, [...text].length)));
        expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
      }),
    );
  });

  it('has the dictated number of pieces when the text is free', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), (chunks) => textPieces('gpt-4.1', { chunks }).length === chunks));
  });
});

describe('simulatorHeaders', () => {
  it('carries any text through a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const headers = new Headers(simulatorHeaders({ text }));
        expect(readControl(headers.get('x-simulator')!)).toEqual({ text });
      }),
    );
  });
});
