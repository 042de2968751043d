import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync, type ZstdOptions } from 'node:zlib';
import kafkajs from 'kafkajs';

// Level 1, because on batches of usage events it costs a fifth of gzip's CPU and packs tighter; level 3 costs more and packs no tighter.
const OPTIONS: ZstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Up to here the work takes less than the trip to a worker thread and back. */
const SYNC_BYTES = 64 * 1024;

const compressAsync = promisify(zstdCompress) as (input: Buffer, options: ZstdOptions) => Promise<Buffer>;
const decompressAsync = promisify(zstdDecompress) as (input: Buffer) => Promise<Buffer>;

const codec = {
  compress: ({ buffer }: { buffer: Buffer }): Promise<Buffer> =>
    buffer.length <= SYNC_BYTES ? Promise.resolve(zstdCompressSync(buffer, OPTIONS)) : compressAsync(buffer, OPTIONS),
  decompress: (buffer: Buffer): Promise<Buffer> =>
    buffer.length <= SYNC_BYTES / 8 ? Promise.resolve(zstdDecompressSync(buffer)) : decompressAsync(buffer),
};

/** kafkajs knows the name of Zstandard but brings no implementation. Safe to call more than once. */
export const registerZstd = (): void => {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => codec;
};
