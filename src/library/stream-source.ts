import { pipeline, Readable } from "node:stream";
import { ByteLimit } from "../core/byte-limit.ts";
import { badUserInput } from "../core/errors.ts";
import { fileArgument } from "../core/incoming-file.ts";
import type { FileSource } from "../graphql/upload/store-file.ts";

/**
 * A stream of bytes as a file to store. It is destroyed when the upload fails.
 * @throws {ValetKeyError} BAD_USER_INPUT (body) for anything but a stream
 */
export function streamSource(body: AsyncIterable<Uint8Array>): FileSource & { destroy(): void } {
  const source = toReadable(body);
  return {
    contentType: undefined,
    maxBytes: Number.MAX_SAFE_INTEGER,
    open({ maxBytes = Number.MAX_SAFE_INTEGER } = {}) {
      // The reader of the limited stream gets the errors of the source.
      return pipeline(source, new ByteLimit(maxBytes, { field: fileArgument }), () => {});
    },
    destroy() {
      source.on("error", () => {}).destroy();
    },
  };
}

function toReadable(body: AsyncIterable<Uint8Array>): Readable {
  if (body instanceof Readable) return body;
  if (typeof body === "object" && body !== null && Symbol.asyncIterator in body) {
    return Readable.from(body, { objectMode: false });
  }
  throw badUserInput("body", "The body is a Readable or an async iterable of Uint8Arrays.");
}
