const POLYNOMIAL = 0x82f63b78;

const oneByte = (byte: number): number => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc >>> 0;
};

const T0 = Uint32Array.from({ length: 256 }, (_, byte) => oneByte(byte));
/** What a byte does to the checksum one byte later than in the table before. */
const later = (table: Uint32Array): Uint32Array => table.map((crc) => T0[crc & 0xff]! ^ (crc >>> 8));
const T1 = later(T0);
const T2 = later(T1);
const T3 = later(T2);
const T4 = later(T3);
const T5 = later(T4);
const T6 = later(T5);
const T7 = later(T6);

/** CRC-32C (Castagnoli), which guards Kafka's record batches. Eight bytes a step ("slicing-by-8"): less than half the time of byte by byte. */
export const crc32c = (bytes: Buffer, from: number, to: number): number => {
  let crc = 0xffffffff;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      T7[crc & 0xff]! ^
      T6[(crc >>> 8) & 0xff]! ^
      T5[(crc >>> 16) & 0xff]! ^
      T4[crc >>> 24]! ^
      T3[bytes[at + 4]!]! ^
      T2[bytes[at + 5]!]! ^
      T1[bytes[at + 6]!]! ^
      T0[bytes[at + 7]!]!;
  }
  for (; at < to; at++) crc = T0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
};
