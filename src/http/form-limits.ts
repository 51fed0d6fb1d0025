import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { assertByteCount, ByteLimit } from "../core/byte-limit.ts";
import { badUserInput, ValetKeyError } from "../core/errors.ts";
import { fileArgument } from "../core/incoming-file.ts";

// All limits on the size of a form:
//
//   what                            at most                               checked by
//   the whole form                  maxFiles × maxFileBytes + 4 MiB       assertFormFits, before any of it is read
//   `operations` and `map` together maxFieldBytes                         FormByteCounter.addField
//   everything up to the map        maxFieldBytes + 64 KiB                FormByteCounter.assertOverheadFits
//   between two files, and the end  64 KiB                                FormByteCounter.assertOverheadFits
//   each file, read or skipped      maxFileBytes                          limitFileBytes
//   the number of files             maxFiles                              parseFileMap, in form-operation.ts

export interface FormLimits {
  maxFiles: number;
  /** The maximum size of each file. */
  maxFileBytes: number;
  /** The maximum size of the fields `operations` and `map` together. Default: 2 MiB. */
  maxFieldBytes?: number | undefined;
}

/** For everything in a form that is not part of a file: the operation, the map, and the headers of the parts. */
const maxOverheadBytes = 4 * 2 ** 20;
/** For everything outside fields and files that arrives in a row: part headers, a preamble, an epilogue. */
const maxOverheadInARowBytes = 2 ** 16;

/**
 * Checks the Content-Length of a form. If the request has none, the limits below apply as the form arrives.
 * Chromium shows a response with status 413, unlike one with 200, even if it cannot send the whole form.
 *
 * @throws {ValetKeyError} UPLOAD_TOO_LARGE
 */
export function assertFormFits(headers: IncomingHttpHeaders, { maxFiles, maxFileBytes }: FormLimits): void {
  const maxBytes = maxFiles * maxFileBytes + maxOverheadBytes;
  if ((contentLength(headers) ?? 0) <= maxBytes) return;
  const message = `The form is larger than ${maxFiles} files of ${maxFileBytes} bytes.`;
  throw Object.assign(new ValetKeyError("UPLOAD_TOO_LARGE", message), { statusCode: 413 });
}

/** Node accepts no request whose Content-Length is not a number. */
export function contentLength(headers: IncomingHttpHeaders): number | undefined {
  const length = headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

/** Creates a stream that passes on a file of a form, or fails with UPLOAD_TOO_LARGE. */
export function limitFileBytes(maxBytes: number): ByteLimit {
  return new ByteLimit(maxBytes, { field: fileArgument });
}

/** Counts the bytes of one form that belong to no file. The constructor throws RangeError for a malformed limit. */
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
      const message = `The form has more than ${maxOverheadInARowBytes} bytes in a row that belong to no file.`;
      throw badUserInput("map", message);
    }
  }

  #fieldsTooLarge(): ValetKeyError {
    const message = `The fields "operations" and "map" may have at most ${this.maxFieldBytes} bytes together.`;
    return badUserInput("operations", message);
  }
}
