/** @param {readonly number[]} values */
export const median = (values) => quantile([...values].sort((a, b) => a - b), 0.5);

/**
 * @param {ArrayLike<number>} sorted ascending
 * @param {number} share 0 to 1
 */
export const quantile = (sorted, share) => {
  if (sorted.length === 0) return NaN;
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return /** @type {number} */ (sorted[below]) + (position - below) * (/** @type {number} */ (sorted[above]) - /** @type {number} */ (sorted[below]));
};

/** @param {readonly number[]} values */
export const spread = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) });
