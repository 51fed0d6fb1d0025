import type { Readable } from "node:stream";
import { assertByteCount } from "../core/byte-limit.ts";
import { badUserInput, type ValetKeyError } from "../core/errors.ts";
import type { FormLimits } from "./form-limits.ts";

/** For everything outside fields and files that arrives in a row: part headers, a preamble, an epilogue. */
const maxOverheadInARowBytes = 2 ** 16;

/**
 * Counts the bytes of one form that belong to no file; `ByteLimit` in core/byte-limit.ts counts those of files, and
 * form-limits.ts lists every limit. The constructor throws RangeError for a malformed limit.
 */
export class FormByteCounter {
  readonly maxFieldBytes: number;
  #fieldBytes = 0;
  #mapHasEnded = false;
  #currentFile: Readable | undefined;
  #overheadBytes = 0;

  constructor({ maxFiles, maxFileBytes, maxFieldBytes = 2 * 2 ** 20 }: FormLimits) {
    assertByteCount("maxFileBytes", maxFileBytes);
    assertByteCount("maxFieldBytes", maxFieldBytes);
    if (!Number.isSafeInteger(maxFiles))
      throw new RangeError(`maxFiles must be an integer, not ${maxFiles}.`);
    this.maxFieldBytes = maxFieldBytes;
  }

  /** @throws {ValetKeyError} BAD_USER_INPUT */
  addField(value: string | undefined, isTruncated: boolean): void {
    this.#fieldBytes += Buffer.byteLength(value ?? "", "utf8");
    if (isTruncated || this.#fieldBytes > this.maxFieldBytes) throw this.#fieldsTooLarge();
  }

  endMap(): void {
    this.#mapHasEnded = true;
    this.#overheadBytes = 0;
  }

  /** A file ends when its stream is closed. The next file may begin before that. */
  startFile(source: Readable): void {
    this.#currentFile = source;
    this.#overheadBytes = 0;
    source.once("close", () => {
      if (this.#currentFile === source) this.#currentFile = undefined;
    });
  }

  /** Call this before a chunk of the request is parsed. */
  addChunk(bytes: number): void {
    if (this.#currentFile === undefined) this.#overheadBytes += bytes;
  }

  /**
   * Call this after a chunk was parsed: a file that began in it has reset the count.
   * @throws {ValetKeyError} BAD_USER_INPUT
   */
  assertOverheadFits(): void {
    if (this.#currentFile !== undefined) return;
    if (!this.#mapHasEnded) {
      if (this.#overheadBytes > this.maxFieldBytes + maxOverheadInARowBytes) throw this.#fieldsTooLarge();
    } else if (this.#overheadBytes > maxOverheadInARowBytes) {
      const message = `The form has more than ${maxOverheadInARowBytes} consecutive bytes that belong to no file.`;
      throw badUserInput("map", message);
    }
  }

  #fieldsTooLarge(): ValetKeyError {
    const message = `The fields "operations" and "map" may have at most ${this.maxFieldBytes} bytes together.`;
    return badUserInput("operations", message);
  }
}
