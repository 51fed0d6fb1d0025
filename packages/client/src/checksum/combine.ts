import type { ChecksumAlgorithm } from "./crc.ts";

/** Reflected: the bit of the highest power is the lowest. */
const polynomials: Record<ChecksumAlgorithm, bigint> = {
  CRC64NVME: 0x9a6c9329ac4bc9b5n,
  CRC32C: 0x82f63b78n,
  CRC32: 0xedb88320n,
};

/**
 * Computes the CRC of two sequences of bytes, one after the other, from the CRC of each and the length of the second.
 * The method is the one of zlib's crc32_combine: appending n bytes multiplies by x^8n modulo the polynomial.
 */
export class CrcCombination {
  readonly #polynomial: bigint;
  /** x^0. */
  readonly #one: bigint;
  readonly #powers = new Map<number, bigint>();

  constructor(algorithm: ChecksumAlgorithm) {
    this.#polynomial = polynomials[algorithm];
    this.#one = algorithm === "CRC64NVME" ? 1n << 63n : 1n << 31n;
  }

  combine(first: bigint, second: bigint, secondBytes: number): bigint {
    return this.#multiply(this.#power(secondBytes), first) ^ second;
  }

  /** x^(8 · bytes). There are few different lengths. */
  #power(bytes: number): bigint {
    const known = this.#powers.get(bytes);
    if (known !== undefined) return known;
    let power = this.#one;
    // x^8, x^16, x^32, …
    let square = power >> 8n;
    for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) power = this.#multiply(power, square);
      square = this.#multiply(square, square);
    }
    this.#powers.set(bytes, power);
    return power;
  }

  #multiply(a: bigint, b: bigint): bigint {
    let product = 0n;
    let shifted = b;
    for (let bit = this.#one; bit > 0n; bit >>= 1n) {
      if ((a & bit) !== 0n) product ^= shifted;
      shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ this.#polynomial : shifted >> 1n;
    }
    return product;
  }
}
