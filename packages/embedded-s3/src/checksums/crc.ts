import { crc32 } from "node:zlib";
import { instantiateCrc, type UpdateRegister } from "./crc-module.ts";

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
  return name === "CRC32" ? new Crc32() : new RunningCrc(name);
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

/** The entries of sixteen tables: entry (n, byte) is the change of the register by a byte that n zero bytes follow. */
function slicingTables({ reflectedPolynomial }: CrcParameters): bigint[] {
  const entries: bigint[] = [];
  for (let byte = 0n; byte < 256n; byte++) {
    let register = byte;
    for (let bit = 0; bit < 8; bit++) {
      register = register & 1n ? (register >> 1n) ^ reflectedPolynomial : register >> 1n;
    }
    entries.push(register);
  }
  for (let index = 256; index < 4096; index++)
    entries.push(afterByte(entries, entries[index - 256] ?? 0n, 0));
  return entries;
}

function afterByte(table: readonly bigint[], register: bigint, byte: number): bigint {
  return (register >> 8n) ^ (table[(Number(register & 0xffn) ^ byte) & 0xff] ?? 0n);
}

/** What is computed once for each CRC, when it is first needed. */
interface SlicingCrc {
  readonly tables: readonly bigint[];
  readonly update: UpdateRegister;
}

const slicingCrcs = new Map<CrcName, SlicingCrc>();

function slicingCrc(name: CrcName): SlicingCrc {
  let crc = slicingCrcs.get(name);
  if (crc === undefined) {
    const tables = slicingTables(parameters[name]);
    crc = { tables, update: instantiateCrc(tables) };
    slicingCrcs.set(name, crc);
  }
  return crc;
}

/** Most bytes are taken by WebAssembly; BigInt, which is a hundred times slower, takes the last ones of each chunk. */
class RunningCrc implements RunningDigest {
  readonly #crc: SlicingCrc;
  readonly #bits: 32 | 64;
  readonly #ones: bigint;
  #register: bigint;

  constructor(name: CrcName) {
    this.#crc = slicingCrc(name);
    this.#bits = parameters[name].bits;
    this.#ones = (1n << BigInt(this.#bits)) - 1n;
    this.#register = this.#ones;
  }

  update(chunk: Buffer): void {
    const end = chunk.length - (chunk.length % 16);
    let register = this.#crc.update(this.#register, chunk.subarray(0, end));
    for (const byte of chunk.subarray(end)) register = afterByte(this.#crc.tables, register, byte);
    this.#register = register;
  }

  digest(): Buffer {
    return toBytes(this.#register ^ this.#ones, this.#bits);
  }
}

/** The CRC of A followed by B, computed from CRC(A), CRC(B) and the length of B. */
export function combineCrcs(name: CrcName, crcOfA: Buffer, crcOfB: Buffer, bytesOfB: number): Buffer {
  const { bits } = parameters[name];
  // Appending n bytes multiplies A's polynomial by x^(8n), modulo the CRC's polynomial.
  const shifted = multiply(parameters[name], powerOfX(parameters[name], bytesOfB), toBigInt(crcOfA));
  const combined = shifted ^ toBigInt(crcOfB);
  return toBytes(combined, bits);
}

function toBytes(value: bigint, bits: number): Buffer {
  return Buffer.from(value.toString(16).padStart(bits / 4, "0"), "hex");
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
