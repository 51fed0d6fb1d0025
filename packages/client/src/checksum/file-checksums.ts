import { CrcCombination } from "./combine.ts";
import type { ChecksumAlgorithm } from "./crc.ts";
import { HasherPool } from "./hasher-pool.ts";

/** The CRCs of a file and of its parts, each computed when it is first asked for. */
export class FileChecksums {
  readonly algorithm: ChecksumAlgorithm;
  readonly #file: Blob;
  readonly #hashers: HasherPool;
  /** By where the part begins and ends. */
  readonly #parts = new Map<string, Promise<bigint>>();
  #whole: string | undefined;

  constructor(algorithm: ChecksumAlgorithm, file: Blob) {
    this.algorithm = algorithm;
    this.#file = file;
    this.#hashers = new HasherPool(algorithm);
  }

  /** The CRC of the file in base64, as S3 takes it. Undefined until `whole` has computed it. */
  get knownWhole(): string | undefined {
    return this.#whole;
  }

  /**
   * The CRC of the file, put together from those of parts of this size.
   * @throws {ValetKeyError} FILE_CHANGED if the file cannot be read, ABORTED
   */
  async whole(partBytes: number = Math.max(1, this.#file.size)): Promise<string> {
    if (this.#whole !== undefined) return this.#whole;
    const combination = new CrcCombination(this.algorithm);
    let whole = 0n;
    for (let start = 0; start < this.#file.size; start += partBytes) {
      const end = Math.min(start + partBytes, this.#file.size);
      whole = combination.combine(whole, await this.#crcOfPart(start, end), end - start);
    }
    this.#whole = toBase64(this.algorithm, whole);
    return this.#whole;
  }

  /** @throws {ValetKeyError} FILE_CHANGED if the file cannot be read, ABORTED */
  async ofPart(start: number, end: number): Promise<string> {
    return toBase64(this.algorithm, await this.#crcOfPart(start, end));
  }

  /** Whether a part no longer has the bytes that its checksum was computed of. */
  async hasChanged(start: number, end: number): Promise<boolean> {
    const now = await this.#hashers.crcOf(this.#file.slice(start, end));
    return (await this.ofPart(start, end)) !== toBase64(this.algorithm, now);
  }

  /** Ends the workers. Those who wait for a checksum get ABORTED. */
  close(): void {
    this.#hashers.close();
  }

  #crcOfPart(start: number, end: number): Promise<bigint> {
    const range = `${start}-${end}`;
    let part = this.#parts.get(range);
    if (part === undefined) {
      part = this.#hashers.crcOf(this.#file.slice(start, end));
      this.#parts.set(range, part);
    }
    return part;
  }
}

export function toBase64(algorithm: ChecksumAlgorithm, crc: bigint): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, crc);
  const bytes = new Uint8Array(view.buffer, algorithm === "CRC64NVME" ? 0 : 4);
  return btoa(String.fromCharCode(...bytes));
}
