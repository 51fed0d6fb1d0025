import type { IncomingHttpHeaders } from "node:http";
import { ByteLimit } from "../core/byte-limit.ts";
import { ValetKeyError } from "../core/errors.ts";
import { fileArgument } from "../core/incoming-file.ts";

// All limits on the size of a form (FormByteCounter is in form-byte-counter.ts):
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

/**
 * Checks the Content-Length of a form. If the request has none, the limits below apply as the form arrives.
 * Chromium shows a response with status 413, unlike one with 200, even if it cannot send the whole form.
 *
 * @throws {ValetKeyError} UPLOAD_TOO_LARGE
 */
export function assertFormFits(headers: IncomingHttpHeaders, { maxFiles, maxFileBytes }: FormLimits): void {
  const maxBytes = maxFiles * maxFileBytes + maxOverheadBytes;
  if ((contentLength(headers) ?? 0) <= maxBytes) return;
  const message = `The form is larger than ${maxFiles} files of ${maxFileBytes} bytes may be.`;
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
