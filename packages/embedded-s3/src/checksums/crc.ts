import { crc32 } from "node:zlib";

/** A digest that is updated chunk by chunk. Hash of node:crypto has this shape too. */
export interface RunningDigest {
  update(chunk: Buffer): unknown;
  digest(): Buffer;
}

/** A reflected CRC whose register starts with all ones, and whose result is XORed with all ones. */
interface CrcParameters {
  readonly bits: 32 | 64;
  readonly reflectedPolynomial: bigint;
}

// https://reveng.sourceforge.io/crc-catalogue/all.htm: CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME
const parameters = {
  CRC32: { bits: 32, reflectedPolynomial: 0xedb88320n },
  CRC32C: { bits: 32, reflectedPolynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64, reflectedPolynomial: 0x9a6c9329ac4bc9b5n },
} as const satisfies Record<string, CrcParameters>;

export type CrcName = keyof typeof parameters;

export function createCrc(name: CrcName): RunningDigest {
  if (name === "CRC32") return new Crc32();
  return name === "CRC32C" ? new Crc32c() : new Crc64Nvme();
}

class Crc32 implements RunningDigest {
  #value = 0;

  update(chunk: Buffer): void {
    this.#value = crc32(chunk, this.#value);
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.#value);
    return digest;
  }
}

/** The lower or upper 32 bits of each entry of eight tables: entry (n, byte) is the change of the register by a byte that n zero bytes follow. */
interface SlicingTables {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/** The tables of "slicing by eight". In halves of 32 bits, because bigint arithmetic per byte would be a hundred times slower. */
function slicingTables({ reflectedPolynomial }: CrcParameters): SlicingTables {
  const low = new Int32Array(2048);
  const high = new Int32Array(2048);
  const entries: bigint[] = [];
  for (let index = 0; index < 2048; index++) {
    let register = index < 256 ? BigInt(index) : (entries[index - 256] ?? 0n);
    if (index < 256) {
      for (let bit = 0; bit < 8; bit++) {
        register = register & 1n ? (register >> 1n) ^ reflectedPolynomial : register >> 1n;
      }
    } else {
      register = (register >> 8n) ^ (entries[Number(register & 0xffn)] ?? 0n);
    }
    entries.push(register);
    low[index] = Number(BigInt.asIntN(32, register));
    high[index] = Number(BigInt.asIntN(32, register >> 32n));
  }
  return { low, high };
}

const crc32cTables = slicingTables(parameters.CRC32C);
const crc64Tables = slicingTables(parameters.CRC64NVME);

/** 32 bits, least significant byte first. Twice as fast as readInt32LE, which checks its argument. */
function wordAt(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

class Crc32c implements RunningDigest {
  #register = -1;

  update(chunk: Buffer): void {
    const table = crc32cTables.low;
    const at = (index: number) => table[index] as number;
    let register = this.#register;
    const end = chunk.length - (chunk.length % 8);
    for (let i = 0; i < end; i += 8) {
      const first = register ^ wordAt(chunk, i);
      const second = wordAt(chunk, i + 4);
      register =
        at(1792 + (first & 255)) ^
        at(1536 + ((first >>> 8) & 255)) ^
        at(1280 + ((first >>> 16) & 255)) ^
        at(1024 + (first >>> 24)) ^
        at(768 + (second & 255)) ^
        at(512 + ((second >>> 8) & 255)) ^
        at(256 + ((second >>> 16) & 255)) ^
        at(second >>> 24);
    }
    for (let i = end; i < chunk.length; i++) {
      register = (register >>> 8) ^ at((register ^ (chunk[i] as number)) & 255);
    }
    this.#register = register;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeInt32BE(~this.#register);
    return digest;
  }
}

class Crc64Nvme implements RunningDigest {
  #high = -1;
  #low = -1;

  update(chunk: Buffer): void {
    const { low: lows, high: highs } = crc64Tables;
    let high = this.#high;
    let low = this.#low;
    const end = chunk.length - (chunk.length % 8);
    for (let i = 0; i < end; i += 8) {
      const first = low ^ wordAt(chunk, i);
      const second = high ^ wordAt(chunk, i + 4);
      const i7 = 1792 + (first & 255);
      const i6 = 1536 + ((first >>> 8) & 255);
      const i5 = 1280 + ((first >>> 16) & 255);
      const i4 = 1024 + (first >>> 24);
      const i3 = 768 + (second & 255);
      const i2 = 512 + ((second >>> 8) & 255);
      const i1 = 256 + ((second >>> 16) & 255);
      const i0 = second >>> 24;
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
    for (let i = end; i < chunk.length; i++) {
      const index = (low ^ (chunk[i] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (lows[index] as number);
      high = (high >>> 8) ^ (highs[index] as number);
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(8);
    digest.writeInt32BE(~this.#high, 0);
    digest.writeInt32BE(~this.#low, 4);
    return digest;
  }
}

/** The CRC of A followed by B, computed from CRC(A), CRC(B) and the length of B. */
export function combineCrcs(name: CrcName, crcOfA: Buffer, crcOfB: Buffer, bytesOfB: number): Buffer {
  const { bits } = parameters[name];
  // Appending n bytes multiplies A's polynomial by x^(8n), modulo the CRC's polynomial.
  const shifted = multiply(parameters[name], powerOfX(parameters[name], bytesOfB), toBigInt(crcOfA));
  const combined = shifted ^ toBigInt(crcOfB);
  return Buffer.from(combined.toString(16).padStart(bits / 4, "0"), "hex");
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString("hex")}`);
}

/** x^(8·byteCount); in a reflected register, the highest bit is x^0. */
function powerOfX(crc: CrcParameters, byteCount: number): bigint {
  const one = 1n << BigInt(crc.bits - 1);
  let power = one;
  let factor = one >> 8n;
  for (let exponent = BigInt(byteCount); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = multiply(crc, power, factor);
    factor = multiply(crc, factor, factor);
  }
  return power;
}

function multiply({ bits, reflectedPolynomial }: CrcParameters, a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let mask = 1n << BigInt(bits - 1); mask > 0n; mask >>= 1n) {
    if (a & mask) product ^= b;
    b = b & 1n ? (b >> 1n) ^ reflectedPolynomial : b >> 1n;
  }
  return product;
}
