import type { Readable } from "node:stream";
import { uploadTooLarge } from "../../core/byte-limit.ts";
import type { Reservation } from "./upload-budget.ts";

export interface PartReaderOptions {
  readonly limitBytes: number;
  /** Sees every byte once, in order. */
  readonly onChunk: (chunk: Uint8Array) => void;
}

export interface ReadPart {
  readonly bytes: Buffer;
  /** Nothing follows. */
  readonly isLast: boolean;
}

/** Cuts a stream into parts, in memory that the caller has set aside; reads no further than asked. */
export class PartReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #limitBytes: number;
  readonly #onChunk: (chunk: Uint8Array) => void;
  #rest: Buffer | undefined;
  #totalBytes = 0;

  constructor(body: Readable, { limitBytes, onChunk }: PartReaderOptions) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#limitBytes = limitBytes;
    this.#onChunk = onChunk;
  }

  /** Bytes that were read. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** The most that can still be to fill in. */
  get mostBytesLeft(): number {
    return this.#limitBytes - this.#totalBytes + (this.#rest?.length ?? 0);
  }

  /**
   * Fills the memory, or as much of it as the stream still has.
   *
   * @throws {ValetKeyError} UPLOAD_TOO_LARGE; what the stream fails with
   */
  async fill(memory: Pick<Reservation, "buffer" | "markFilled">): Promise<ReadPart> {
    const part = await this.#fill(memory.buffer);
    memory.markFilled();
    return part;
  }

  async #fill(buffer: Buffer): Promise<ReadPart> {
    let length = 0;
    for (;;) {
      const chunk = this.#rest ?? (await this.#next());
      if (chunk === undefined) return { bytes: buffer.subarray(0, length), isLast: true };
      // The chunk that does not fit shows that this part is not the last.
      if (length === buffer.length) {
        this.#rest = chunk;
        return { bytes: buffer, isLast: false };
      }
      const copied = chunk.copy(buffer, length);
      length += copied;
      this.#rest = copied < chunk.length ? chunk.subarray(copied) : undefined;
    }
  }

  async #next(): Promise<Buffer | undefined> {
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done) return undefined;
      if (value.length === 0) continue;
      this.#totalBytes += value.length;
      if (this.#totalBytes > this.#limitBytes) {
        throw uploadTooLarge(this.#limitBytes);
      }
      this.#onChunk(value);
      return value;
    }
  }
}
