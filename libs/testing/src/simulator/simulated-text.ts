import type { SimulatorControl } from './control.js';

/** The text of an answer, as the pieces a stream delivers it in. */
export const textPieces = (model: string, { text, chunks }: SimulatorControl): string[] => {
  if (text !== undefined) return chunks === undefined ? words(text) : cut(text, chunks);
  const sentence = words(`This is a simulated answer: the provider simulator stands in for ${model}, and no model was asked.`);
  return chunks === undefined ? sentence : repeat(sentence, chunks);
};

const words = (text: string): string[] => text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];

const repeat = (sentence: string[], chunks: number): string[] =>
  Array.from({ length: chunks }, (_, index) => {
    const word = sentence[index % sentence.length]!;
    return index > 0 && index % sentence.length === 0 ? ` ${word}` : word;
  });

/** At most `chunks` pieces of nearly the same length; a character is never halved. */
const cut = (text: string, chunks: number): string[] => {
  const characters = [...text];
  const count = Math.max(1, Math.min(chunks, characters.length));
  const border = (index: number): number => Math.floor((index * characters.length) / count);
  return Array.from({ length: count }, (_, index) => characters.slice(border(index), border(index + 1)).join(''));
};
