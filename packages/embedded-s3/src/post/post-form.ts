import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import busboy from "busboy";
import { notImplemented, StoreError } from "../core/store-error.ts";
import { incompleteBody } from "../requests/request-body.ts";
import type { WireRequest } from "../signing/wire-request.ts";

export interface UploadForm {
  /** The fields before the file, names in lower case. S3 ignores the fields after it, and so does this store. */
  readonly fields: ReadonlyMap<string, string>;
  /** Without a path; empty if the client sent none. */
  readonly fileName: string;
  /** To be read to its end. */
  readonly file: Readable;
}

const maxFieldBytes = 20 * 1024;
const maxFields = 200;
/** A file without a file name is parsed as text and held in memory. */
const maxTextFileBytes = 1024 ** 2;
const fileField = "file";

/**
 * Reads a multipart/form-data body up to its file, calls `handle` with it, and discards what follows.
 * @throws {StoreError} MalformedPOSTRequest, MaxPostPreDataLengthExceeded, IncompleteBody, what `handle` throws
 */
export async function readUploadForm<Result>(
  wire: WireRequest,
  body: Readable,
  handle: (form: UploadForm) => Promise<Result>,
): Promise<Result> {
  const parser = createParser(wire);
  const fields = new FormFields();
  let handled: Promise<Result> | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      const refuse = (error: unknown) => {
        fields.close();
        reject(error);
      };
      const handleFile = (fileName: string, file: Readable) => {
        handled = fields.complete().then((complete) => handle({ fields: complete, fileName, file }));
        handled.catch(refuse);
      };
      fields.onRefused = refuse;
      parser.on("field", (name: string | undefined, value: string | undefined, { valueTruncated }) => {
        if (!fields.isOpen) return;
        if (name === undefined || value === undefined) refuse(malformedForm());
        else if (name.toLowerCase() !== fileField) fields.add(name, value);
        else if (valueTruncated) refuse(tooLargeTextFile());
        else handleFile("", Readable.from([Buffer.from(value)]));
      });
      parser.on("file", (name: string | undefined, file, { filename }) => {
        // A part that is cut off emits an error, which would end the process if nothing listened.
        file.on("error", () => {});
        if (fields.isOpen && name === undefined) refuse(malformedForm());
        if (!fields.isOpen || name === undefined) file.resume();
        else if (name.toLowerCase() === fileField) handleFile(filename ?? "", file);
        else fields.addStream(name, file);
      });
      parser.on("partsLimit", () => {
        if (handled === undefined) refuse(tooLongFields());
      });
      parser.on("error", () => refuse(malformedForm()));
      parser.on("close", () => {
        if (handled === undefined) refuse(noFile());
        else handled.then(resolve, reject);
      });
      body.once("close", () => {
        if (!body.readableEnded) parser.destroy(incompleteBody());
      });
      body.once("error", () => parser.destroy(incompleteBody()));
      body.pipe(parser);
    });
  } catch (error) {
    body.unpipe(parser);
    parser.destroy();
    // Waits until `handle` has removed what it had begun to write.
    await handled?.catch(() => {});
    throw error;
  }
}

/** Collects the fields before the file. */
class FormFields {
  readonly #fields = new Map<string, string>();
  readonly #streamed: Promise<void>[] = [];
  #bytes = 0;
  #isOpen = true;
  onRefused: (error: StoreError) => void = () => {};

  /** False once the file has begun or the form is refused: later parts are ignored. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    this.#isOpen = false;
  }

  add(name: string, value: string): void {
    this.#count(Buffer.byteLength(name) + Buffer.byteLength(value));
    this.#fields.set(name.toLowerCase(), value);
  }

  /** Adds a field that has a file name, as some HTTP libraries send every field. */
  addStream(name: string, value: Readable): void {
    // Keeps the order of the fields: of two with one name, the last counts.
    this.#fields.set(name.toLowerCase(), "");
    this.#count(Buffer.byteLength(name));
    value.on("data", (chunk: Buffer) => this.#count(chunk.length));
    const added = buffer(value).then((bytes) => {
      this.#fields.set(name.toLowerCase(), bytes.toString("utf8"));
    });
    added.catch(() => {});
    this.#streamed.push(added);
  }

  /** All fields, once the streamed ones have been read. */
  async complete(): Promise<ReadonlyMap<string, string>> {
    this.close();
    await Promise.all(this.#streamed);
    return this.#fields;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > maxFieldBytes) this.onRefused(tooLongFields());
  }
}

function createParser(wire: WireRequest): busboy.Busboy {
  if (wire.headers["transfer-encoding"] !== undefined) throw notImplemented("Transfer-Encoding");
  try {
    return busboy({
      headers: { "content-type": wire.headers["content-type"] },
      defParamCharset: "utf8",
      limits: { fieldSize: maxTextFileBytes, parts: maxFields + 1, fieldNameSize: maxFieldBytes },
    });
  } catch {
    throw malformedForm();
  }
}

function malformedForm(): StoreError {
  return new StoreError(
    400,
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
  );
}

function noFile(): StoreError {
  return new StoreError(400, "InvalidArgument", "POST requires exactly one file upload per request.", {
    details: { ArgumentName: "file", ArgumentValue: "0" },
  });
}

function tooLongFields(): StoreError {
  return new StoreError(
    400,
    "MaxPostPreDataLengthExceeded",
    "Your POST request fields preceding the upload file were too large.",
  );
}

function tooLargeTextFile(): StoreError {
  return new StoreError(
    400,
    "EntityTooLarge",
    "The embedded store takes a file without a file name only up to 1 MiB.",
    { details: { MaxSizeAllowed: String(maxTextFileBytes) } },
  );
}
