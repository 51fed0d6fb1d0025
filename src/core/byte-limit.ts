import { Transform, type TransformCallback } from "node:stream";
import { ValetKeyError } from "./errors.ts";

export interface ByteLimitOptions {
  /** The argument that the error names. Default: none. */
  field?: string | undefined;
}

/**
 * Passes on at most `maxBytes` bytes. If there is one more, the stream fails with UPLOAD_TOO_LARGE, so a truncated file
 * is never mistaken for a complete one. The constructor throws RangeError unless the limit is an integer.
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

  /** How many bytes have arrived so far. */
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

/** @throws {RangeError} unless it is an integer from 0 to 2^53 - 1 */
export function assertByteCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} is a whole number of bytes, not ${value}.`);
  }
}
