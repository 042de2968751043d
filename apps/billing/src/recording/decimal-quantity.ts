const PLACES = 9;
const SCALE = 10n ** BigInt(PLACES);

/** Quantities have up to nine decimal places; in thousand-millionths they add up as integers. */
export const toBillionths = (quantity: string): bigint => {
  const point = quantity.indexOf('.');
  if (point === -1) return BigInt(quantity) * SCALE;
  return BigInt(quantity.slice(0, point)) * SCALE + BigInt(quantity.slice(point + 1).padEnd(PLACES, '0'));
};

/** Decimal text with nine places. */
export const fromBillionths = (billionths: bigint): string =>
  `${billionths / SCALE}.${(billionths % SCALE).toString().padStart(PLACES, '0')}`;
