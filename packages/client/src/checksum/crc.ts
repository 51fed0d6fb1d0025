export type ChecksumAlgorithm = "CRC64NVME" | "CRC32C" | "CRC32";

/** Computes the CRC of bytes that arrive in pieces. */
export interface RunningCrc {
  update(bytes: Uint8Array): void;
  /** An unsigned number. */
  digest(): bigint;
}

/**
 * Creates a running CRC of the reflected polynomials of these algorithms. It takes sixteen bytes at a time from sixteen
 * tables ("slicing by sixteen") in WebAssembly. Where a Content-Security-Policy forbids WebAssembly, it takes four bytes
 * at a time in JavaScript, in 32-bit halves, because BigInt is a hundred times slower.
 *
 * Self-contained: its source text is also the program of the worker.
 */
export function createCrc(algorithm: ChecksumAlgorithm): RunningCrc {
  const is64 = algorithm === "CRC64NVME";
  const polyHigh = is64 ? 0x9a6c9329 : 0;
  const polyLow = is64 ? 0xac4bc9b5 : algorithm === "CRC32C" ? 0x82f63b78 : 0xedb88320;
  const highs = new Int32Array(4096);
  const lows = new Int32Array(4096);
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
  for (let index = 256; index < 4096; index++) {
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

  /** Four bytes at a time, which changes the lower half of the register. CRCs of 32 bits have an upper half of zeros. */
  function updateInJavaScript(bytes: Uint8Array, end: number): void {
    for (let i = 0; i < end; i += 4) {
      const four =
        low ^
        ((bytes[i] as number) |
          ((bytes[i + 1] as number) << 8) |
          ((bytes[i + 2] as number) << 16) |
          ((bytes[i + 3] as number) << 24));
      const i3 = 768 + (four & 255);
      const i2 = 512 + ((four >>> 8) & 255);
      const i1 = 256 + ((four >>> 16) & 255);
      const i0 = four >>> 24;
      low = high ^ (lows[i3] as number) ^ (lows[i2] as number) ^ (lows[i1] as number) ^ (lows[i0] as number);
      high = (highs[i3] as number) ^ (highs[i2] as number) ^ (highs[i1] as number) ^ (highs[i0] as number);
    }
  }

  /** In the memory of the WebAssembly module: the tables, then the register, then the bytes. */
  const registerAt = 32_768;
  const bytesAt = registerAt + 16;
  const maxBytes = 2 ** 18;

  /** The module exports its memory `m` and the function `u(from, to)`, which updates the register. */
  function assemble(): Uint8Array<ArrayBuffer> {
    const leb = (value: number): number[] =>
      value < 64 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
    const section = (id: number, ...content: number[]) => [id, ...leb(content.length), ...content];
    const get = (local: number) => [0x20, local];
    const set = (local: number) => [0x21, local];
    const load = (offset: number) => [0x29, 0, ...leb(offset)];
    const xor = 0x85;
    /** The entry for byte `index` of the sixteen: the local's byte selects one of eight bytes in the table. */
    const lookUp = (index: number): number[] => [
      ...get(2 + (index >> 3)),
      // Rotates the byte to where it counts entries of eight bytes.
      ...[0x42, (8 * index - 3) & 63, 0x8a],
      ...[0xa7, 0x41, ...leb(0x7f8), 0x71],
      ...load(2048 * (15 - index)),
    ];
    /** A tree, because a chain would have to wait for the entry before. */
    const lookUpAll = (from: number, count: number): number[] =>
      count === 1
        ? lookUp(from)
        : [...lookUpAll(from, count / 2), ...lookUpAll(from + count / 2, count / 2), xor];
    const body = [
      // Two locals of 64 bits: the register, and the second half of the sixteen bytes.
      ...[1, 2, 0x7e],
      ...[0x41, 0, ...load(registerAt), ...set(2)],
      ...[0x03, 0x40],
      ...[...get(0), ...load(0), ...get(2), xor, ...set(2)],
      ...[...get(0), ...load(8), ...set(3)],
      // What does not depend on the register comes first.
      ...[...lookUpAll(8, 8), ...lookUpAll(0, 8), xor, ...set(2)],
      ...[...get(0), 0x41, 16, 0x6a, 0x22, 0, ...get(1), 0x49, 0x0d, 0, 0x0b],
      ...[0x41, 0, ...get(2), 0x37, 0, ...leb(registerAt), 0x0b],
    ];
    return new Uint8Array([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, 1, 0x60, 2, 0x7f, 0x7f, 0),
      ...section(3, 1, 0),
      ...section(5, 1, 0, 5),
      ...section(7, 2, 1, 0x6d, 2, 0, 1, 0x75, 0, 0),
      ...section(10, 1, ...leb(body.length), ...body),
    ]);
  }

  function startWebAssembly() {
    try {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble()));
      const { buffer } = exports.m as WebAssembly.Memory;
      const words = new Int32Array(buffer);
      for (let index = 0; index < 4096; index++) {
        words[2 * index] = lows[index] as number;
        words[2 * index + 1] = highs[index] as number;
      }
      const memory = new Uint8Array(buffer);
      const run = exports.u as (from: number, to: number) => void;
      return (bytes: Uint8Array) => {
        memory.set(bytes, bytesAt);
        words[registerAt / 4] = low;
        words[registerAt / 4 + 1] = high;
        run(bytesAt, bytesAt + bytes.length);
        low = words[registerAt / 4] as number;
        high = words[registerAt / 4 + 1] as number;
      };
    } catch {
      return undefined;
    }
  }

  const updateFast = startWebAssembly();
  return {
    update(bytes) {
      const end = bytes.length - (bytes.length % 16);
      if (updateFast !== undefined) {
        for (let at = 0; at < end; at += maxBytes)
          updateFast(bytes.subarray(at, Math.min(at + maxBytes, end)));
      } else updateInJavaScript(bytes, end);
      for (let i = end; i < bytes.length; i++) updateByte(bytes[i] as number);
    },
    digest: () => (BigInt(is64 ? ~high >>> 0 : 0) << 32n) | BigInt(~low >>> 0),
  };
}
