import type { Readable } from "node:stream";

/** The argument by which every GraphQL field that takes a file takes it, for errors. */
export const fileArgument = "file";

/** A file on its way in from a client, to be opened once or discarded. */
export interface IncomingFile {
  /** The last segment of the name that the client gave, without control characters. Not to be trusted as unique. */
  readonly filename: string | undefined;
  /** The media type that the client gave, in lower case and without parameters. */
  readonly contentType: string;
  /** The most bytes that it can have: the form's limit, or what the request's Content-Length leaves room for. */
  readonly mostBytes: number;
  /**
   * The file's bytes, once. The stream ends only when the whole file has come; it fails with
   * UPLOAD_TOO_LARGE, UPLOAD_INCOMPLETE or TIMEOUT. Destroying it skips the rest of the file.
   * @param options.maxBytes may lower the form's own limit, never raise it
   * @throws {ValetKeyError} BAD_USER_INPUT when it was opened or discarded before
   */
  open(options?: { maxBytes?: number | undefined }): Readable;
  /** Skips the file, so that the next one can come. No effect once it is open. */
  discard(): void;
}
