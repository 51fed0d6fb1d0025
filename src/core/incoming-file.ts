import type { Readable } from "node:stream";

/** The name of the argument that takes a file in the GraphQL API. Errors about the file name it. */
export const fileArgument = "file";

/** A file that a client is still sending. It is either opened, once, or discarded. */
export interface IncomingFile {
  /** The last segment of the name that the client gave, without control characters. It need not be unique. */
  readonly filename: string | undefined;
  /** The media type that the client gave, in lower case and without parameters. */
  readonly contentType: string;
  /** The largest size that the file can have: the form's limit, or the request's Content-Length if that is smaller. */
  readonly maxBytes: number;
  /**
   * Returns the file's bytes. The stream ends only after the whole file has arrived; otherwise it fails with
   * UPLOAD_TOO_LARGE, UPLOAD_INCOMPLETE or TIMEOUT. Destroying the stream skips the rest of the file.
   * @param options.maxBytes a limit below the form's own. A higher one has no effect.
   * @throws {ValetKeyError} BAD_USER_INPUT if the file was opened or discarded before
   */
  open(options?: { maxBytes?: number | undefined }): Readable;
  /** Skips the file, so that the next one can arrive. It has no effect on an open file. */
  discard(): void;
}
