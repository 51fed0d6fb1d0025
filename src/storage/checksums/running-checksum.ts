import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ChecksumAlgorithm } from "./checksum.ts";

/** Computes a checksum while bytes pass through. */
export interface RunningChecksum {
  update(chunk: Uint8Array): void;
  /** Returns the checksum in base64. Call it once, after the last `update`. */
  digest(): string;
}

export function runningChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case "CRC32":
      return new Crc32(crc32);
    case "CRC32C":
      return new Crc32(crc32c);
    case "CRC64NVME":
      return new Crc64Nvme();
    case "SHA1":
      return new Digest("sha1");
    case "SHA256":
      return new Digest("sha256");
  }
}

class Digest implements RunningChecksum {
  readonly #hash;

  constructor(name: "sha1" | "sha256") {
    this.#hash = createHash(name);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): string {
    return this.#hash.digest("base64");
  }
}

class Crc32 implements RunningChecksum {
  readonly #next: (chunk: Uint8Array, crc: number) => number;
  #crc = 0;

  constructor(next: (chunk: Uint8Array, crc: number) => number) {
    this.#next = next;
  }

  update(chunk: Uint8Array): void {
    this.#crc = this.#next(chunk, this.#crc);
  }

  digest(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#crc);
    return bytes.toString("base64");
  }
}

// Castagnoli's polynomial 0x1edc6f41, reflected. https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  }
  return remainder;
});

function crc32c(chunk: Uint8Array, crc: number): number {
  let state = ~crc;
  for (const byte of chunk) state = (crc32cTable[(state ^ byte) & 0xff] ?? 0) ^ (state >>> 8);
  return ~state >>> 0;
}

// The NVM Express polynomial 0xad93d23594c93659, reflected. https://nvmexpress.org/specifications (NVM Command Set, 5.2.1.3.4)
const crc64Polynomial = 0x9a6c9329ac4bc9b5n;
const crc64High = new Uint32Array(256);
const crc64Low = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let remainder = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = remainder & 1n ? (remainder >> 1n) ^ crc64Polynomial : remainder >> 1n;
  }
  crc64High[byte] = Number(remainder >> 32n);
  crc64Low[byte] = Number(remainder & 0xffffffffn);
}

/** Computes with two halves of 32 bits, because BigInt is a hundred times slower. */
class Crc64Nvme implements RunningChecksum {
  #high = ~0;
  #low = ~0;

  update(chunk: Uint8Array): void {
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

  digest(): string {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(~this.#high >>> 0, 0);
    bytes.writeUInt32BE(~this.#low >>> 0, 4);
    return bytes.toString("base64");
  }
}
