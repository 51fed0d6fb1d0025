import { CrcCombination } from "./combine.ts";
import { type ChecksumAlgorithm, type Crc, createCrc } from "./crc.ts";

/** The CRC of each block of this size is kept, and parts are put together from them. */
export const blockBytes: number = 2 ** 20;

/** The CRCs of a file: of the whole, and of parts whose borders were not known when the file was read. */
export class FileChecksums {
  readonly algorithm: ChecksumAlgorithm;
  readonly #file: Blob;
  /** Of each block, the last of which may be shorter. */
  readonly #blocks: readonly Crc[];
  readonly #combination: CrcCombination;
  /** Of the parts that were asked for, by where they begin. */
  readonly #parts = new Map<number, Promise<string>>();

  constructor(algorithm: ChecksumAlgorithm, file: Blob, blocks: readonly Crc[]) {
    this.algorithm = algorithm;
    this.#file = file;
    this.#blocks = blocks;
    this.#combination = new CrcCombination(algorithm);
  }

  /** In base64, as S3 takes it. */
  whole(): string {
    return toBase64(this.algorithm, this.#ofBlocks({ high: 0, low: 0 }, 0, this.#blocks.length));
  }

  /** Reads only what the part has of blocks that it shares with its neighbours. */
  ofPart(start: number, end: number): Promise<string> {
    let part = this.#parts.get(start);
    if (part === undefined) {
      part = this.#computePart(start, end);
      this.#parts.set(start, part);
    }
    return part;
  }

  /** Whether a part no longer has the bytes that its checksum was computed of. */
  async hasChanged(start: number, end: number): Promise<boolean> {
    return (await this.ofPart(start, end)) !== toBase64(this.algorithm, await this.#read(start, end));
  }

  async #computePart(start: number, end: number): Promise<string> {
    const from = Math.ceil(start / blockBytes);
    const to = end === this.#file.size ? this.#blocks.length : Math.floor(end / blockBytes);
    if (from >= to) return toBase64(this.algorithm, await this.#read(start, end));
    const first = await this.#read(start, from * blockBytes);
    const middle = this.#ofBlocks(first, from, to);
    const rest = Math.max(0, end - to * blockBytes);
    const last = await this.#read(end - rest, end);
    return toBase64(this.algorithm, this.#combination.combine(middle, last, rest));
  }

  async #read(start: number, end: number): Promise<Crc> {
    const crc = createCrc(this.algorithm);
    for (let at = start; at < end; at += blockBytes) {
      const piece = this.#file.slice(at, Math.min(at + blockBytes, end));
      crc.update(new Uint8Array(await piece.arrayBuffer()));
    }
    return crc.digest();
  }

  #ofBlocks(before: Crc, from: number, to: number): Crc {
    let crc = before;
    for (let index = from; index < to; index++) {
      const bytes = Math.min(blockBytes, this.#file.size - index * blockBytes);
      crc = this.#combination.combine(crc, this.#blocks[index] as Crc, bytes);
    }
    return crc;
  }
}

export function toBase64(algorithm: ChecksumAlgorithm, { high, low }: Crc): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, high);
  view.setUint32(4, low);
  const bytes = new Uint8Array(view.buffer, algorithm === "CRC64NVME" ? 0 : 4);
  return btoa(String.fromCharCode(...bytes));
}
