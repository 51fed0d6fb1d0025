import type { Readable } from "node:stream";
import { uploadTooLarge } from "../../core/byte-limit.ts";
import type { Reservation } from "./upload-budget.ts";

export interface PartReaderOptions {
  readonly limitBytes: number;
  /** Called with every byte once, in order. */
  readonly onChunk: (chunk: Uint8Array) => void;
}

export interface ReadPart {
  readonly bytes: Buffer;
  /** Whether the stream ends with this part. */
  readonly isLast: boolean;
}

/** Divides a stream into parts, in memory that the caller has reserved. It never reads ahead of the current part. */
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

  /** The number of bytes that were read. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** The maximum number of bytes that can follow. */
  get maxBytesLeft(): number {
    return this.#limitBytes - this.#totalBytes + (this.#rest?.length ?? 0);
  }

  /**
   * Fills the memory, or a part of it if the stream ends before.
   *
   * @throws {ValetKeyError} UPLOAD_TOO_LARGE, or the error of the stream
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
      // The rest of the chunk does not fit, so this part is not the last one.
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
