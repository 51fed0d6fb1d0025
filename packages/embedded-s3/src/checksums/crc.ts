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

/** The change of the register for each of the 256 bytes. */
function byteTable({ reflectedPolynomial }: CrcParameters): bigint[] {
  return Array.from({ length: 256 }, (_, byte) => {
    let register = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      register = register & 1n ? (register >> 1n) ^ reflectedPolynomial : register >> 1n;
    }
    return register;
  });
}

const crc32cTable = Uint32Array.from(byteTable(parameters.CRC32C), Number);

class Crc32c implements RunningDigest {
  #register = 0xffffffff;

  update(chunk: Buffer): void {
    let register = this.#register;
    for (const byte of chunk) {
      register = (register >>> 8) ^ (crc32cTable[(register ^ byte) & 0xff] ?? 0);
    }
    this.#register = register;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(~this.#register >>> 0);
    return digest;
  }
}

// Two halves of 32 bits: bigint arithmetic per byte would be a hundred times slower.
const crc64Table = byteTable(parameters.CRC64NVME);
const crc64High = Uint32Array.from(crc64Table, (entry) => Number(entry >> 32n));
const crc64Low = Uint32Array.from(crc64Table, (entry) => Number(entry & 0xffffffffn));

class Crc64Nvme implements RunningDigest {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(chunk: Buffer): void {
    let high = this.#high;
    let low = this.#low;
    for (const byte of chunk) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (crc64Low[index] ?? 0);
      high = (high >>> 8) ^ (crc64High[index] ?? 0);
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(8);
    digest.writeUInt32BE(~this.#high >>> 0, 0);
    digest.writeUInt32BE(~this.#low >>> 0, 4);
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
