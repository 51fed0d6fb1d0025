import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import busboy from "busboy";
import { assertByteCount } from "../core/byte-limit.ts";
import { badUserInput, ValetKeyError } from "../core/errors.ts";
import { FormFiles } from "./form-files.ts";
import { type GraphQLOperation, parseFileMap, parseOperation } from "./form-operation.ts";
import { ThroughputMonitor } from "./throughput-monitor.ts";

export interface MultipartOptions {
  maxFiles: number;
  /** Of each file. */
  maxFileBytes: number;
  /** Of the fields `operations` and `map` together. Default: 2 MiB. */
  maxFieldBytes?: number | undefined;
  /** The longest silence of a client from whom we want bytes. Default: 30,000. */
  idleTimeoutMs?: number | undefined;
  /** What such a client sends at least, averaged over `idleTimeoutMs`. Default: 1,024. */
  minimumBytesPerSecond?: number | undefined;
  /** Called once the header was accepted, just before the body is read. */
  onBegin?: (() => void) | undefined;
}

export interface MultipartRequest {
  /** Its variables hold an `Upload` for each file of the map: the scalar makes a promise of an IncomingFile of it. */
  readonly operation: GraphQLOperation;
  /** To be called when there is an answer: fails what is still being read, and leaves the rest of the body alone. */
  release(): void;
}

/**
 * Reads a GraphQL multipart request up to its files: they come in while resolvers read them.
 * https://github.com/jaydenseric/graphql-multipart-request-spec
 *
 * @throws {ValetKeyError} BAD_USER_INPUT, UPLOAD_INCOMPLETE, TIMEOUT
 * @throws {RangeError} a limit is not a whole number
 */
export async function readMultipartRequest(
  request: IncomingMessage,
  options: MultipartOptions,
): Promise<MultipartRequest> {
  const form = new MultipartForm(request, options);
  const operation = await form.operation;
  return { operation, release: () => form.release() };
}

/** What may stand outside fields and files: part headers, a preamble, an epilogue. */
const maxOverheadBytes = 64 * 1024;
const bufferBytes = 256 * 1024;

/** One form on its way: pumps the request into busboy and hands what comes out to the right place. */
class MultipartForm {
  readonly operation: Promise<GraphQLOperation>;
  readonly #request: IncomingMessage;
  readonly #options: MultipartOptions;
  readonly #maxFieldBytes: number;
  readonly #parser: busboy.Busboy;
  readonly #pace: ThroughputMonitor;
  #resolve: (operation: GraphQLOperation) => void = () => {};
  #reject: (error: ValetKeyError) => void = () => {};
  #operation: GraphQLOperation | undefined;
  #operationBytes = 0;
  #files: FormFiles | undefined;
  /** The file whose bytes are coming in now. */
  #incoming: Readable | undefined;
  #outsideBytes = 0;
  #over = false;

  constructor(request: IncomingMessage, options: MultipartOptions) {
    const { maxFieldBytes = 2 * 1024 * 1024, idleTimeoutMs = 30_000, minimumBytesPerSecond = 1024 } = options;
    assertByteCount("maxFileBytes", options.maxFileBytes);
    assertByteCount("maxFieldBytes", maxFieldBytes);
    if (!Number.isSafeInteger(options.maxFiles)) throw new RangeError("maxFiles is a whole number.");
    this.#request = request;
    this.#options = options;
    this.#maxFieldBytes = maxFieldBytes;
    this.#parser = createParser(request, maxFieldBytes);
    this.#pace = new ThroughputMonitor({
      idleTimeoutMs,
      minimumBytesPerSecond,
      onStall: () => this.#fail(new ValetKeyError("TIMEOUT", "The request's body comes too slowly.")),
    });
    this.operation = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.onBegin?.();
    this.#listen();
  }

  release(): void {
    this.#fail(incomplete("The request is over."));
  }

  #listen(): void {
    this.#parser
      .on("field", (name, value, info) => this.#guard(() => this.#onField(name, value, info.valueTruncated)))
      .on("file", (name, source, info) => this.#guard(() => this.#onFile(name, source, info)))
      // More than once for some malformed forms.
      .on("error", (error) => this.#fail(toFormError(error)))
      .on("finish", () => this.#guard(() => this.#onFinish()))
      .on("drain", () => this.#wantMore());
    this.#request
      .on("data", this.#onData)
      .on("end", this.#onEnd)
      .on("error", this.#onLost)
      .on("close", this.#onLost);
    this.#pace.resume();
    if (this.#request.destroyed) this.#onLost();
  }

  #wantMore(): void {
    if (this.#over || this.#request.readableEnded) return;
    this.#request.resume();
    this.#pace.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#pace.received(chunk.length);
    if (this.#over) return;
    if (this.#incoming === undefined) this.#outsideBytes += chunk.length;
    const hasRoom = this.#parser.write(chunk);
    this.#guard(() => this.#checkOverhead());
    if (hasRoom) return;
    this.#request.pause();
    this.#pace.pause();
  };

  readonly #onEnd = (): void => {
    this.#pace.pause();
    this.#parser.end();
  };

  readonly #onLost = (cause?: unknown): void => {
    if (this.#request.readableEnded && cause === undefined) return;
    const lost = incomplete("The connection was lost before the form was whole.", cause);
    this.#fail(cause instanceof ValetKeyError ? cause : lost);
  };

  #onField(name: string | undefined, value: string | undefined, truncated: boolean): void {
    const bytes = Buffer.byteLength(value ?? "", "utf8");
    if (truncated || this.#operationBytes + bytes > this.#maxFieldBytes) throw this.#fieldsTooLarge();
    if (value === undefined) throw badUserInput("operations", "The form's fields are UTF-8.");
    if (this.#files !== undefined) {
      throw badUserInput(
        "map",
        "Behind the fields operations and map a form has only files, parts with a filename.",
      );
    }
    if (name === "operations" && this.#operation === undefined) {
      this.#operation = parseOperation(value);
      this.#operationBytes = bytes;
    } else if (name === "map" && this.#operation !== undefined) {
      this.#onMap(value, this.#operation);
    } else {
      throw this.#outOfPlace();
    }
  }

  #onMap(json: string, operation: GraphQLOperation): void {
    this.#files = new FormFiles({
      map: parseFileMap(json, operation, this.#options.maxFiles),
      maxBytes: this.#options.maxFileBytes,
      contentLength: contentLengthOf(this.#request),
      onFault: (error) => this.#fail(error),
    });
    this.#outsideBytes = 0;
    this.#resolve(operation);
  }

  #onFile(name: string | undefined, source: Readable, info: busboy.FileInfo): void {
    // Also for a file that is refused: busboy destroys it with an error.
    source.on("error", () => {});
    if (this.#files === undefined) throw this.#outOfPlace();
    this.#incoming = source;
    this.#outsideBytes = 0;
    source.once("close", () => {
      if (this.#incoming === source) this.#incoming = undefined;
    });
    this.#files.arrive(name, source, info.filename, info.mimeType);
  }

  #onFinish(): void {
    if (this.#files === undefined) throw this.#outOfPlace();
    this.#files.end();
  }

  #checkOverhead(): void {
    if (this.#incoming !== undefined) return;
    if (this.#files === undefined) {
      if (this.#outsideBytes > this.#maxFieldBytes + maxOverheadBytes) throw this.#fieldsTooLarge();
    } else if (this.#outsideBytes > maxOverheadBytes) {
      throw badUserInput("map", "The form has too much that belongs to no file.");
    }
  }

  /** Instead of the field that was next. */
  #outOfPlace(): ValetKeyError {
    return badUserInput(
      this.#operation === undefined ? "operations" : "map",
      "A form has the field operations, then the field map, then the files.",
    );
  }

  #fieldsTooLarge(): ValetKeyError {
    return badUserInput(
      "operations",
      `The fields operations and map have at most ${this.#maxFieldBytes} bytes together.`,
    );
  }

  /** busboy calls back from within `write`: what is thrown there would end the process. */
  #guard(step: () => void): void {
    if (this.#over) return;
    try {
      step();
    } catch (error) {
      this.#fail(toFormError(error));
    }
  }

  #fail(error: ValetKeyError): void {
    if (this.#over) return;
    this.#over = true;
    this.#pace.pause();
    this.#request.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onLost).pause();
    this.#files?.fail(error);
    this.#parser.destroy();
    this.#reject(error);
  }
}

/** Node takes no request whose Content-Length is not a number. */
function contentLengthOf({ headers }: IncomingMessage): number | undefined {
  const length = headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

function createParser(request: IncomingMessage, maxFieldBytes: number): busboy.Busboy {
  // busboy would also take a form that is not multipart.
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw badUserInput("operations", "A GraphQL multipart request is multipart/form-data.");
  }
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: "utf8",
      highWaterMark: bufferBytes,
      fileHwm: bufferBytes,
      // busboy takes a value that just fits for a truncated one.
      limits: { fieldSize: maxFieldBytes + 1 },
    });
  } catch (cause) {
    const message = "The request's Content-Type has no usable boundary.";
    throw new ValetKeyError("BAD_USER_INPUT", message, { field: "operations", cause });
  }
}

function incomplete(message: string, cause?: unknown): ValetKeyError {
  return new ValetKeyError("UPLOAD_INCOMPLETE", message, { cause });
}

function toFormError(error: unknown): ValetKeyError {
  if (error instanceof ValetKeyError) return error;
  // busboy's errors are told apart by their text alone.
  if (error instanceof Error && error.message.startsWith("Unexpected end of")) {
    return incomplete("The form ended before it was whole.", error);
  }
  return new ValetKeyError("BAD_USER_INPUT", "The form is malformed.", { cause: error });
}
