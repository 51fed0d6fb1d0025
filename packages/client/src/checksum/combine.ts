import type { ChecksumAlgorithm, Crc } from "./crc.ts";

interface Field {
  readonly width: bigint;
  /** Reflected: the bit of the highest power is the lowest. */
  readonly polynomial: bigint;
}

const fields: Record<ChecksumAlgorithm, Field> = {
  CRC64NVME: { width: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
  CRC32C: { width: 32n, polynomial: 0x82f63b78n },
  CRC32: { width: 32n, polynomial: 0xedb88320n },
};

/**
 * Computes the CRC of two sequences of bytes, one after the other, from the CRC of each and the length of the second.
 * The method is the one of zlib's crc32_combine: appending n bytes multiplies by x^8n modulo the polynomial.
 */
export class CrcCombination {
  readonly #field: Field;
  readonly #powers = new Map<number, bigint>();

  constructor(algorithm: ChecksumAlgorithm) {
    this.#field = fields[algorithm];
  }

  combine(first: Crc, second: Crc, secondBytes: number): Crc {
    return toCrc(this.#multiply(this.#power(secondBytes), toBigInt(first)) ^ toBigInt(second));
  }

  /** x^(8 · bytes). There are few different lengths. */
  #power(bytes: number): bigint {
    const known = this.#powers.get(bytes);
    if (known !== undefined) return known;
    const { width } = this.#field;
    let power = 1n << (width - 1n);
    // x^8, x^16, x^32, …
    let square = 1n << (width - 9n);
    for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) power = this.#multiply(power, square);
      square = this.#multiply(square, square);
    }
    this.#powers.set(bytes, power);
    return power;
  }

  #multiply(a: bigint, b: bigint): bigint {
    const { width, polynomial } = this.#field;
    let product = 0n;
    let shifted = b;
    for (let bit = 1n << (width - 1n); bit > 0n; bit >>= 1n) {
      if ((a & bit) !== 0n) product ^= shifted;
      shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
    }
    return product;
  }
}

function toBigInt({ high, low }: Crc): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

function toCrc(value: bigint): Crc {
  return { high: Number(value >> 32n), low: Number(value & 0xffffffffn) };
}
