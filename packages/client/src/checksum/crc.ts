export type ChecksumAlgorithm = "CRC64NVME" | "CRC32C" | "CRC32";

/** A CRC of up to 64 bits, as two unsigned halves. CRCs of 32 bits are in `low`. */
export interface Crc {
  high: number;
  low: number;
}

/** Computes the CRC of bytes that arrive in pieces. */
export interface RunningCrc {
  update(bytes: Uint8Array): void;
  digest(): Crc;
}

/**
 * Creates a running CRC of the reflected polynomials of these algorithms. It takes eight bytes at a time from eight
 * tables ("slicing by eight"), in 32-bit halves, because BigInt is a hundred times slower.
 *
 * Self-contained: its source text is also the program of the worker.
 */
export function createCrc(algorithm: ChecksumAlgorithm): RunningCrc {
  const is64 = algorithm === "CRC64NVME";
  const polyHigh = is64 ? 0x9a6c9329 : 0;
  const polyLow = is64 ? 0xac4bc9b5 : algorithm === "CRC32C" ? 0x82f63b78 : 0xedb88320;
  const highs = new Int32Array(2048);
  const lows = new Int32Array(2048);
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd !== 0) {
        low ^= polyLow;
        high ^= polyHigh;
      }
    }
    highs[byte] = high;
    lows[byte] = low;
  }
  for (let index = 256; index < 2048; index++) {
    const high = highs[index - 256] as number;
    const low = lows[index - 256] as number;
    lows[index] = ((low >>> 8) | (high << 24)) ^ (lows[low & 255] as number);
    highs[index] = (high >>> 8) ^ (highs[low & 255] as number);
  }

  let high = is64 ? -1 : 0;
  let low = -1;

  function updateByte(byte: number): void {
    const index = (low ^ byte) & 255;
    low = ((low >>> 8) | (high << 24)) ^ (lows[index] as number);
    high = (high >>> 8) ^ (highs[index] as number);
  }

  function update32(bytes: Uint8Array, end: number): void {
    for (let i = 0; i < end; i += 8) {
      const a =
        low ^
        ((bytes[i] as number) |
          ((bytes[i + 1] as number) << 8) |
          ((bytes[i + 2] as number) << 16) |
          ((bytes[i + 3] as number) << 24));
      low =
        (lows[1792 + (a & 255)] as number) ^
        (lows[1536 + ((a >>> 8) & 255)] as number) ^
        (lows[1280 + ((a >>> 16) & 255)] as number) ^
        (lows[1024 + (a >>> 24)] as number) ^
        (lows[768 + (bytes[i + 4] as number)] as number) ^
        (lows[512 + (bytes[i + 5] as number)] as number) ^
        (lows[256 + (bytes[i + 6] as number)] as number) ^
        (lows[bytes[i + 7] as number] as number);
    }
  }

  function update64(bytes: Uint8Array, end: number): void {
    for (let i = 0; i < end; i += 8) {
      const a =
        low ^
        ((bytes[i] as number) |
          ((bytes[i + 1] as number) << 8) |
          ((bytes[i + 2] as number) << 16) |
          ((bytes[i + 3] as number) << 24));
      const b =
        high ^
        ((bytes[i + 4] as number) |
          ((bytes[i + 5] as number) << 8) |
          ((bytes[i + 6] as number) << 16) |
          ((bytes[i + 7] as number) << 24));
      const i7 = 1792 + (a & 255);
      const i6 = 1536 + ((a >>> 8) & 255);
      const i5 = 1280 + ((a >>> 16) & 255);
      const i4 = 1024 + (a >>> 24);
      const i3 = 768 + (b & 255);
      const i2 = 512 + ((b >>> 8) & 255);
      const i1 = 256 + ((b >>> 16) & 255);
      const i0 = b >>> 24;
      low =
        (lows[i7] as number) ^
        (lows[i6] as number) ^
        (lows[i5] as number) ^
        (lows[i4] as number) ^
        (lows[i3] as number) ^
        (lows[i2] as number) ^
        (lows[i1] as number) ^
        (lows[i0] as number);
      high =
        (highs[i7] as number) ^
        (highs[i6] as number) ^
        (highs[i5] as number) ^
        (highs[i4] as number) ^
        (highs[i3] as number) ^
        (highs[i2] as number) ^
        (highs[i1] as number) ^
        (highs[i0] as number);
    }
  }

  return {
    update(bytes) {
      const end = bytes.length - (bytes.length % 8);
      if (is64) update64(bytes, end);
      else update32(bytes, end);
      for (let i = end; i < bytes.length; i++) updateByte(bytes[i] as number);
    },
    digest: () => ({ high: is64 ? ~high >>> 0 : 0, low: ~low >>> 0 }),
  };
}
