import type { Readable } from "node:stream";
import { badUserInput, type ValetKeyError } from "../core/errors.ts";
import { fileArgument } from "../core/incoming-file.ts";
import { FormFile } from "./form-file.ts";
import type { FileMap } from "./form-operation.ts";
import { UploadPromise } from "./upload-promise.ts";

export interface FormFilesOptions {
  map: FileMap;
  /** The maximum size of each file. */
  maxBytes: number;
  /** The length of the whole form, if the request states it. */
  contentLength: number | undefined;
  /** Called when the form cannot be read any further. */
  onFault: (error: ValetKeyError) => void;
}

interface ExpectedFile {
  readonly promise: UploadPromise;
  /** Present once the headers of the file have arrived. */
  file?: FormFile;
}

/**
 * The files that the map names, handed to resolvers in the order in which they arrive. The server buffers no file: a
 * resolver that asks for a file after an unread one gets an error immediately, because it might wait forever.
 */
export class FormFiles {
  readonly #options: FormFilesOptions;
  readonly #expected = new Map<string, ExpectedFile>();
  /** Files whose headers have arrived. The first is the current one. Small files may arrive while it is read. */
  #arrived: ExpectedFile[] = [];
  #latest: FormFile | undefined;

  /** Puts an Upload for each file into the operation's variables. */
  constructor(options: FormFilesOptions) {
    this.#options = options;
    for (const [partName, slot] of options.map) {
      const expected: ExpectedFile = { promise: new UploadPromise(() => this.#onAwaited(expected)) };
      this.#expected.set(partName, expected);
      slot.fill(expected.promise.upload);
    }
  }

  /**
   * Call this when the headers of a file have arrived.
   * @throws {ValetKeyError} BAD_USER_INPUT if the map does not name the file, or if it is sent twice
   */
  arrive(partName: string | undefined, source: Readable, filename: string | undefined, contentType: string) {
    this.delimit();
    const expected = partName === undefined ? undefined : this.#expected.get(partName);
    if (expected === undefined) throw badUserInput("map", "The form has a file that its map does not name.");
    if (expected.file !== undefined) {
      throw badUserInput(fileArgument, "The form has two files of the same name.");
    }
    expected.file = new FormFile({
      source,
      filename,
      contentType,
      maxBytes: this.#options.maxBytes,
      contentLength: this.#options.contentLength,
      onDone: () => this.#onDone(expected),
      onTooLarge: this.#options.onFault,
    });
    this.#latest = expected.file;
    if (this.#arrived.push(expected) === 1) this.#makeCurrent(expected);
  }

  /** Call this when the form continues after the latest file: that file is complete. */
  delimit(): void {
    this.#latest?.delimit();
  }

  /** Call this when the form has ended properly. */
  end(): void {
    this.delimit();
    for (const { file, promise } of this.#expected.values()) {
      if (file === undefined) {
        promise.reject(badUserInput(fileArgument, "The form ended without this file."));
      }
    }
  }

  /** Call this when the form fails, or when its response is known. */
  fail(error: ValetKeyError): void {
    for (const { file, promise } of this.#expected.values()) {
      promise.reject(error);
      file?.fail(error);
    }
    this.#arrived = [];
  }

  #onAwaited(expected: ExpectedFile): void {
    if (this.#arrived[0]?.file?.unread) rejectOutOfOrder(expected);
  }

  #makeCurrent({ file, promise }: ExpectedFile): void {
    if (file === undefined) return;
    if (promise.settled) {
      // A resolver asked for the file too early, and got an error.
      file.discard();
      return;
    }
    promise.resolve(file);
    for (const other of this.#expected.values()) if (other.promise.awaited) rejectOutOfOrder(other);
  }

  #onDone(expected: ExpectedFile): void {
    if (this.#arrived[0] !== expected) return;
    this.#arrived.shift();
    const next = this.#arrived[0];
    if (next !== undefined) this.#makeCurrent(next);
  }
}

/** Has no effect on a file that a resolver already has. */
function rejectOutOfOrder({ promise }: ExpectedFile): void {
  promise.reject(
    badUserInput(
      fileArgument,
      "The files of a form must be used in the order in which they are sent: another file comes before this one.",
    ),
  );
}
