import type { Readable } from "node:stream";
import { badUserInput, type ValetKeyError } from "../core/errors.ts";
import { fileArgument } from "../core/incoming-file.ts";
import { FilePart } from "./form-file.ts";
import type { FileMap } from "./form-operation.ts";
import { IncomingUpload } from "./upload-promise.ts";

export interface FormFilesOptions {
  map: FileMap;
  /** Of each file. */
  maxBytes: number;
  /** Of the whole form, where the request says it. */
  contentLength: number | undefined;
  /** The form cannot go on. */
  onFault: (error: ValetKeyError) => void;
}

interface ExpectedFile {
  readonly incoming: IncomingUpload;
  part?: FilePart;
}

/**
 * The files that the map promises, handed out in the order in which they come. Nothing is kept
 * aside: whoever wants a file that lies behind an unread one gets an error at once, since waiting
 * could be for ever.
 */
export class FormFiles {
  readonly #options: FormFilesOptions;
  readonly #expected = new Map<string, ExpectedFile>();
  /** Files whose headers have come. The first is the current one; small ones may arrive behind it. */
  #arrived: ExpectedFile[] = [];
  #latest: FilePart | undefined;

  /** Fills the operation's variables. */
  constructor(options: FormFilesOptions) {
    this.#options = options;
    for (const [partName, slot] of options.map) {
      const file: ExpectedFile = { incoming: new IncomingUpload(() => this.#onAwaited(file)) };
      this.#expected.set(partName, file);
      slot.fill(file.incoming.upload);
    }
  }

  /**
   * A file's headers came.
   * @throws {ValetKeyError} BAD_USER_INPUT when the map does not know it, or it came before
   */
  arrive(partName: string | undefined, source: Readable, filename: string | undefined, contentType: string) {
    this.delimit();
    const file = partName === undefined ? undefined : this.#expected.get(partName);
    if (file === undefined) throw badUserInput("map", "The form has a file that its map does not name.");
    if (file.part !== undefined) throw badUserInput(fileArgument, "The form has two files of the same name.");
    file.part = new FilePart({
      source,
      filename,
      contentType,
      maxBytes: this.#options.maxBytes,
      contentLength: this.#options.contentLength,
      onDone: () => this.#onDone(file),
      onEndless: this.#options.onFault,
    });
    this.#latest = file.part;
    if (this.#arrived.push(file) === 1) this.#makeCurrent(file);
  }

  /** What stands behind the latest file came: that file is whole. */
  delimit(): void {
    this.#latest?.delimit();
  }

  /** The form ended as it should. */
  end(): void {
    this.delimit();
    for (const file of this.#expected.values()) {
      if (file.part === undefined) {
        file.incoming.reject(badUserInput(fileArgument, "The form ended without this file."));
      }
    }
  }

  /** The form broke, or nobody wants it any more. */
  fail(error: ValetKeyError): void {
    for (const file of this.#expected.values()) {
      file.incoming.reject(error);
      file.part?.fail(error);
    }
    this.#arrived = [];
  }

  #onAwaited(file: ExpectedFile): void {
    if (this.#arrived[0]?.part?.unread) rejectOutOfOrder(file);
  }

  #makeCurrent(file: ExpectedFile): void {
    if (file.part === undefined) return;
    if (file.incoming.settled) {
      // Whoever wanted it was told that it was not its turn.
      file.part.discard();
      return;
    }
    file.incoming.resolve(file.part);
    for (const other of this.#expected.values()) if (other.incoming.awaited) rejectOutOfOrder(other);
  }

  #onDone(file: ExpectedFile): void {
    if (this.#arrived[0] !== file) return;
    this.#arrived.shift();
    const next = this.#arrived[0];
    if (next !== undefined) this.#makeCurrent(next);
  }
}

/** No effect on a file that was handed out. */
function rejectOutOfOrder({ incoming }: ExpectedFile): void {
  incoming.reject(
    badUserInput(
      fileArgument,
      "Files are used in the order in which they are sent: another one comes first.",
    ),
  );
}
