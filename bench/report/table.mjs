/**
 * Rows under a header, numbers to the right.
 * @param {string[]} header
 * @param {string[][]} rows
 */
export const table = (header, rows) => {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (/** @type {string[]} */ cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   ');
  return [line(header), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)].join('\n');
};

/** @param {{ median: number, min: number, max: number }} spread @param {number} [digits] */
export const withSpread = ({ median, min, max }, digits = 0) => `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;

/** @param {number} bytes */
export const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** @param {number} ms */
export const milliseconds = (ms) => `${ms.toFixed(2)} ms`;

/** @param {string} title */
export const heading = (title) => `\n${title}\n${'='.repeat(title.length)}`;
