import type { Readable } from "node:stream";
import { assertByteCount, ByteLimit, uploadTooLarge } from "../core/byte-limit.ts";
import { badUserInput, type ValetKeyError } from "../core/errors.ts";
import { fileArgument, type IncomingFile } from "../core/incoming-file.ts";

export interface FilePartOptions {
  /** The part's bytes as busboy gives them; they wait, and with them the whole form, until somebody reads. */
  source: Readable;
  filename: string | undefined;
  contentType: string;
  maxBytes: number;
  /** Of the whole form, where the request says it. */
  contentLength: number | undefined;
  /** All its bytes have come and nobody is reading them any more. */
  onDone: () => void;
  /** It goes on for longer than any file may. */
  onEndless: (error: ValetKeyError) => void;
}

/** One file of a form, from its header to the delimiter behind it. */
export class FilePart implements IncomingFile {
  readonly filename: string | undefined;
  readonly contentType: string;
  readonly mostBytes: number;
  readonly #part: FilePartOptions;
  #state: "unread" | "open" | "skipped" = "unread";
  #body: ByteLimit | undefined;
  #failure: ValetKeyError | undefined;
  #sourceEnded = false;
  #delimited = false;

  constructor(part: FilePartOptions) {
    this.filename = sanitizeFilename(part.filename);
    this.contentType = part.contentType;
    this.mostBytes = Math.min(part.maxBytes, part.contentLength ?? part.maxBytes);
    this.#part = part;
    // Said once, by the form, to everyone concerned.
    part.source.on("error", () => {});
    part.source.once("end", () => {
      this.#sourceEnded = true;
      this.#endBodyWhenWhole();
    });
  }

  get unread(): boolean {
    return this.#state === "unread";
  }

  open(options: { maxBytes?: number | undefined } = {}): Readable {
    const { source, maxBytes } = this.#part;
    const lowered = options.maxBytes ?? maxBytes;
    assertByteCount("maxBytes", lowered);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state !== "unread") throw badUserInput(fileArgument, "This file has been read already.");
    this.#state = "open";
    const body = new ByteLimit(Math.min(lowered, maxBytes), { field: fileArgument });
    this.#body = body;
    // A failure between two reads must not find the stream without a listener.
    body.on("error", () => {});
    body.once("close", () => this.#skip());
    source.pipe(body, { end: false });
    return body;
  }

  discard(): void {
    if (this.#state === "unread") this.#skip();
  }

  /** The form went on behind this part, or ended as it should: the part is whole. */
  delimit(): void {
    this.#delimited = true;
    this.#endBodyWhenWhole();
  }

  /** The form broke: whoever reads this file, or comes to, is told so. */
  fail(error: ValetKeyError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#body?.destroy(error);
    this.#part.source.destroy();
  }

  #endBodyWhenWhole(): void {
    if (this.#sourceEnded && this.#delimited) this.#body?.end();
  }

  #skip(): void {
    const { source, maxBytes, onDone, onEndless } = this.#part;
    this.#state = "skipped";
    if (this.#sourceEnded) {
      onDone();
      return;
    }
    source.unpipe();
    let skippedBytes = 0;
    source.on("data", (chunk: Buffer) => {
      skippedBytes += chunk.length;
      if (skippedBytes > maxBytes) onEndless(uploadTooLarge(maxBytes, fileArgument));
    });
    source.once("end", onDone);
    source.resume();
  }
}

/** A name for people to see: one path segment without control characters, or none. */
function sanitizeFilename(raw: string | undefined): string | undefined {
  const segment = raw
    ?.toWellFormed()
    .replaceAll(/\p{Cc}/gu, "")
    .split(/[/\\]/)
    .at(-1);
  return segment === undefined || /^\.{0,2}$/.test(segment) ? undefined : segment;
}
