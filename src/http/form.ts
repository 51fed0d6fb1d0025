import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { Busboy, FileInfo } from "busboy";
import { badUserInput, ValetKeyError } from "../core/errors.ts";
import { BodyFlow, type BodyPaceOptions } from "./body-flow.ts";
import { FormByteCounter } from "./form-byte-counter.ts";
import { FormFiles } from "./form-files.ts";
import { contentLength, type FormLimits } from "./form-limits.ts";
import { type GraphQLOperation, parseFileMap, parseOperation } from "./form-operation.ts";
import { createFormParser, incompleteForm, toFormError } from "./form-parser.ts";
import type { UploadShare } from "./upload-rate.ts";

export interface FormOptions extends FormLimits, BodyPaceOptions {
  /** The maximum rate of the client. Default: none. */
  share?: UploadShare | undefined;
  /** Called when the request's header was accepted, right before the body is read. */
  onAccepted?: (() => void) | undefined;
}

export interface Form {
  /** Its variables contain an `Upload` for each file of the map. The scalar turns it into a promise of an IncomingFile. */
  readonly operation: GraphQLOperation;
  /** Call this when the response is known: fails the files that are still being read, and stops reading the body. */
  release(): void;
}

/**
 * Reads a GraphQL multipart request up to its files. The files arrive while resolvers read them.
 * https://github.com/jaydenseric/graphql-multipart-request-spec
 *
 * @throws {ValetKeyError} BAD_USER_INPUT, UPLOAD_INCOMPLETE, TIMEOUT
 * @throws {RangeError} if a limit is not an integer
 */
export async function readForm(request: IncomingMessage, options: FormOptions): Promise<Form> {
  const form = new FormReader(request, options);
  return { operation: await form.operation, release: () => form.release() };
}

/**
 * The life of a form. In the first two states the reader waits for the field of that name.
 *
 *   operations ──field──▶ map ──field──▶ files ──end of the form──▶ complete
 *       │                  │              │                            │
 *       └──────────────────┴──▶  over  ◀──┴────────────────────────────┘
 *            an error, a lost connection, a slow client, or release()
 *
 * `readForm` resolves when the state becomes `files`.
 */
type FormState = "operations" | "map" | "files" | "complete" | "over";

/** Pipes one request into the parser, and passes on the fields and files that the parser finds. */
class FormReader {
  readonly operation: Promise<GraphQLOperation>;
  readonly #request: IncomingMessage;
  readonly #options: FormOptions;
  readonly #bytes: FormByteCounter;
  readonly #parser: Busboy;
  readonly #flow: BodyFlow;
  #resolve: (operation: GraphQLOperation) => void = () => {};
  #reject: (error: ValetKeyError) => void = () => {};
  #state: FormState = "operations";
  #operation: GraphQLOperation = {};
  #files: FormFiles | undefined;

  constructor(request: IncomingMessage, options: FormOptions) {
    this.#request = request;
    this.#options = options;
    this.#bytes = new FormByteCounter(options);
    this.#parser = createFormParser(request, this.#bytes.maxFieldBytes);
    this.#flow = new BodyFlow(request, {
      ...options,
      onStall: () => this.#fail(new ValetKeyError("TIMEOUT", "The request's body arrives too slowly.")),
    });
    this.operation = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.onAccepted?.();
    this.#listen();
  }

  release(): void {
    this.#fail(incompleteForm("The request is over."));
  }

  #listen(): void {
    this.#parser
      .on("field", (name, value, info) => this.#guard(() => this.#onField(name, value, info.valueTruncated)))
      .on("file", (name, source, info) => this.#guard(() => this.#onFile(name, source, info)))
      // busboy emits several errors for some malformed forms.
      .on("error", (error) => this.#fail(toFormError(error)))
      .on("finish", () => this.#guard(() => this.#onFinish()))
      .on("drain", this.#onDrain);
    this.#request
      .on("data", this.#onData)
      .on("end", this.#onEnd)
      .on("error", this.#onLost)
      .on("close", this.#onLost);
    this.#flow.start();
    if (this.#request.destroyed) this.#onLost();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#flow.received(chunk.length);
    if (this.#state === "over") return;
    this.#bytes.addChunk(chunk.length);
    const hasRoom = this.#parser.write(chunk);
    this.#guard(() => this.#bytes.assertOverheadFits());
    if (!hasRoom) this.#flow.pause();
  };

  readonly #onDrain = (): void => {
    if (this.#state === "over" || this.#request.readableEnded) return;
    this.#flow.resume();
  };

  readonly #onEnd = (): void => {
    this.#flow.stop();
    this.#parser.end();
  };

  readonly #onLost = (cause?: unknown): void => {
    if (this.#request.readableEnded && cause === undefined) return;
    const lost = incompleteForm("The connection was lost before the form was complete.", cause);
    this.#fail(cause instanceof ValetKeyError ? cause : lost);
  };

  #onField(name: string | undefined, value: string | undefined, isTruncated: boolean): void {
    this.#bytes.addField(value, isTruncated);
    if (value === undefined) throw badUserInput("operations", "The fields of a form must be UTF-8.");
    if (this.#state === "files") {
      throw badUserInput(
        "map",
        'All parts after "operations" and "map" must be files: each needs a filename.',
      );
    }
    if (name !== this.#state) throw this.#outOfPlace();
    if (name === "operations") {
      this.#operation = parseOperation(value);
      this.#state = "map";
    } else this.#onMap(value);
  }

  #onMap(json: string): void {
    this.#files = new FormFiles({
      map: parseFileMap(json, this.#operation, this.#options.maxFiles),
      maxBytes: this.#options.maxFileBytes,
      contentLength: contentLength(this.#request.headers),
      onFault: (error) => this.#fail(error),
    });
    this.#bytes.endMap();
    this.#state = "files";
    this.#resolve(this.#operation);
  }

  #onFile(name: string | undefined, source: Readable, info: FileInfo): void {
    // busboy destroys a file with an error, even one that is refused here.
    source.on("error", () => {});
    if (this.#files === undefined) throw this.#outOfPlace();
    this.#bytes.startFile(source);
    this.#files.arrive(name, source, info.filename, info.mimeType);
  }

  #onFinish(): void {
    if (this.#files === undefined) throw this.#outOfPlace();
    this.#state = "complete";
    this.#files.end();
  }

  #outOfPlace(): ValetKeyError {
    const field = this.#state === "operations" ? "operations" : "map";
    return badUserInput(field, 'A form must have "operations", then "map", then the files.');
  }

  /** busboy calls back while it parses: an exception would leave `write` in the middle, and end the process. */
  #guard(step: () => void): void {
    if (this.#state === "over") return;
    try {
      step();
    } catch (error) {
      this.#fail(toFormError(error));
    }
  }

  #fail(error: ValetKeyError): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#flow.stop();
    this.#request.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onLost).pause();
    this.#files?.fail(error);
    this.#parser.destroy();
    this.#reject(error);
  }
}
