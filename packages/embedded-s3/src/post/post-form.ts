import type { Readable } from "node:stream";
import busboy from "busboy";
import { incompleteBody } from "../http/request-body.ts";
import type { WireRequest } from "../signing/identity.ts";
import { StoreError } from "../store-error.ts";

export interface UploadForm {
  /** What came before the file, names in lower case; as S3 does, what comes after it is ignored. */
  readonly fields: ReadonlyMap<string, string>;
  /** Without a path. */
  readonly fileName: string;
  /** To be read to its end. */
  readonly file: Readable;
}

const maxFieldBytes = 20 * 1024;
const maxFields = 200;

/**
 * Reads a multipart/form-data body up to its file, hands that over, and reads the rest.
 * @throws {StoreError} MalformedPOSTRequest, MaxPostPreDataLengthExceeded, IncompleteBody, what `handle` throws
 */
export async function readUploadForm<Result>(
  wire: WireRequest,
  body: Readable,
  handle: (form: UploadForm) => Promise<Result>,
): Promise<Result> {
  const parser = createParser(wire);
  const fields = new Map<string, string>();
  let fieldBytes = 0;
  let handled: Promise<Result> | undefined;
  let isRefused = false;
  try {
    return await new Promise<Result>((resolve, rejectPromise) => {
      const reject = (error: unknown) => {
        isRefused = true;
        rejectPromise(error);
      };
      parser.on("field", (name, value, { nameTruncated, valueTruncated }) => {
        if (handled !== undefined) return;
        fieldBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
        if (nameTruncated || valueTruncated || fieldBytes > maxFieldBytes) reject(tooLongFields());
        fields.set(name.toLowerCase(), value);
      });
      parser.on("fieldsLimit", () => reject(tooLongFields()));
      parser.on("file", (name, file, { filename }) => {
        // Its reader hears of an error, and one who stops reading causes one; unheard it would end the process.
        file.on("error", () => {});
        // The parser goes on to the end of a chunk, whatever was wrong with a field in it.
        const isTheFile = handled === undefined && !isRefused && name.toLowerCase() === "file";
        if (!isTheFile) return void file.resume();
        handled = handle({ fields, fileName: filename ?? "", file });
        handled.catch(reject);
      });
      parser.on("error", () =>
        reject(malformed("The body of your POST request is not well-formed multipart/form-data.")),
      );
      parser.on("close", () => {
        if (handled === undefined) reject(noFile());
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
    // Whatever `handle` had begun to write is gone before the refusal is told.
    await handled?.catch(() => {});
    throw error;
  }
}

function createParser(wire: WireRequest): busboy.Busboy {
  try {
    return busboy({
      headers: { "content-type": wire.headers["content-type"] },
      defParamCharset: "utf8",
      limits: { fieldSize: maxFieldBytes, fields: maxFields, fieldNameSize: 1024 },
    });
  } catch {
    throw malformed("The body of your POST request is not well-formed multipart/form-data.");
  }
}

function malformed(message: string): StoreError {
  return new StoreError(400, "MalformedPOSTRequest", message);
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
