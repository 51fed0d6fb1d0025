import type { Readable } from "node:stream";
import { assertByteCount, type ByteLimit } from "../core/byte-limit.ts";
import { badUserInput, type ValetKeyError } from "../core/errors.ts";
import { fileArgument, type IncomingFile } from "../core/incoming-file.ts";
import { limitFileBytes } from "./form-limits.ts";

export interface FormFileOptions {
  /** The file's bytes from busboy. While they are not read, the whole form waits. */
  source: Readable;
  filename: string | undefined;
  contentType: string;
  maxBytes: number;
  /** The length of the whole form, if the request states it. */
  contentLength: number | undefined;
  /** Called when all bytes of the file have arrived and no reader is left. */
  onDone: () => void;
  /** Called when a file that is skipped is larger than `maxBytes`. */
  onTooLarge: (error: ValetKeyError) => void;
}

/** One file of a form, from the header of its part to the delimiter after it. */
export class FormFile implements IncomingFile {
  readonly filename: string | undefined;
  readonly contentType: string;
  readonly maxBytes: number;
  readonly #options: FormFileOptions;
  #state: "unread" | "open" | "skipped" = "unread";
  #body: ByteLimit | undefined;
  #failure: ValetKeyError | undefined;
  #sourceEnded = false;
  #delimited = false;

  constructor(options: FormFileOptions) {
    this.filename = sanitizeFilename(options.filename);
    this.contentType = options.contentType;
    this.maxBytes = Math.min(options.maxBytes, options.contentLength ?? options.maxBytes);
    this.#options = options;
    // The form reports errors, once for all of its files.
    options.source.on("error", () => {});
    options.source.once("end", () => {
      this.#sourceEnded = true;
      this.#endBodyWhenComplete();
    });
  }

  get unread(): boolean {
    return this.#state === "unread";
  }

  open(options: { maxBytes?: number | undefined } = {}): Readable {
    const { source, maxBytes } = this.#options;
    const lowered = options.maxBytes ?? maxBytes;
    assertByteCount("maxBytes", lowered);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state !== "unread") throw badUserInput(fileArgument, "This file has been read already.");
    this.#state = "open";
    const body = limitFileBytes(Math.min(lowered, maxBytes));
    this.#body = body;
    // An error between two reads would end the process if the stream had no listener.
    body.on("error", () => {});
    body.once("close", () => this.#skip());
    source.pipe(body, { end: false });
    return body;
  }

  discard(): void {
    if (this.#state === "unread") this.#skip();
  }

  /** Call this when the form continues after this file, or ends properly: the file is complete. */
  delimit(): void {
    this.#delimited = true;
    this.#endBodyWhenComplete();
  }

  /** Call this when the form fails: current and later readers of the file get the error. */
  fail(error: ValetKeyError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#body?.destroy(error);
    this.#options.source.destroy();
  }

  #endBodyWhenComplete(): void {
    if (this.#sourceEnded && this.#delimited) this.#body?.end();
  }

  #skip(): void {
    const { source, maxBytes, onDone, onTooLarge } = this.#options;
    this.#state = "skipped";
    if (this.#sourceEnded) {
      onDone();
      return;
    }
    source.unpipe();
    source.once("end", onDone);
    source.pipe(limitFileBytes(maxBytes)).on("error", onTooLarge).resume();
  }
}

/** A name for people to read: one path segment without control characters, or undefined. */
function sanitizeFilename(raw: string | undefined): string | undefined {
  const segment = raw
    ?.toWellFormed()
    .replaceAll(/\p{Cc}/gu, "")
    .split(/[/\\]/)
    .at(-1);
  return segment === undefined || /^\.{0,2}$/.test(segment) ? undefined : segment;
}
