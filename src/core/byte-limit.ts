import { Transform, type TransformCallback } from "node:stream";
import { ValetKeyError } from "./errors.ts";

export interface ByteLimitOptions {
  /** The argument that the error names. */
  field?: string | undefined;
}

/**
 * Passes bytes on up to a limit. Exactly `maxBytes` pass; with one more the stream fails, so what
 * was read from it is never taken for the whole.
 *
 * Errors: `ValetKeyError` UPLOAD_TOO_LARGE, on the stream. The constructor throws RangeError for a
 * limit that is not a whole number of bytes.
 */
export class ByteLimit extends Transform {
  readonly maxBytes: number;
  readonly #field: string | undefined;
  #bytes = 0;

  constructor(maxBytes: number, options: ByteLimitOptions = {}) {
    assertByteCount("maxBytes", maxBytes);
    super();
    this.maxBytes = maxBytes;
    this.#field = options.field;
  }

  /** How many bytes have come so far. */
  get bytes(): number {
    return this.#bytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.maxBytes) callback(uploadTooLarge(this.maxBytes, this.#field));
    else callback(null, chunk);
  }
}

export function uploadTooLarge(maxBytes: number, field?: string | undefined): ValetKeyError {
  return new ValetKeyError("UPLOAD_TOO_LARGE", `The file is larger than the ${maxBytes} bytes allowed.`, {
    field,
  });
}

/** @throws {RangeError} for a fraction, a negative number, NaN, Infinity and what is over 2^53 - 1. */
export function assertByteCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} is a whole number of bytes, not ${value}.`);
  }
}
