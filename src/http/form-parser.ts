import type { IncomingMessage } from "node:http";
import busboy from "busboy";
import { badUserInput, ValetKeyError } from "../core/errors.ts";
import { isForm } from "./content-negotiation.ts";

const bufferBytes = 256 * 1024;

/**
 * Creates a parser for the form that a request carries.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function createFormParser({ headers }: IncomingMessage, maxFieldBytes: number): busboy.Busboy {
  // busboy also accepts application/x-www-form-urlencoded.
  if (!isForm({ headers })) {
    throw badUserInput("operations", "A GraphQL multipart request must have the type multipart/form-data.");
  }
  try {
    return busboy({
      headers,
      defParamCharset: "utf8",
      highWaterMark: bufferBytes,
      fileHwm: bufferBytes,
      // busboy reports a value of exactly `fieldSize` bytes as truncated.
      limits: { fieldSize: maxFieldBytes + 1 },
    });
  } catch (cause) {
    const message = "The request's Content-Type has no usable boundary.";
    throw new ValetKeyError("BAD_USER_INPUT", message, { field: "operations", cause });
  }
}

/** Converts an error of the parser. */
export function toFormError(error: unknown): ValetKeyError {
  if (error instanceof ValetKeyError) return error;
  // busboy's errors differ only in their messages.
  if (error instanceof Error && error.message.startsWith("Unexpected end of")) {
    return incompleteForm("The form ended before it was complete.", error);
  }
  return new ValetKeyError("BAD_USER_INPUT", "The form is malformed.", { cause: error });
}

export function incompleteForm(message: string, cause?: unknown): ValetKeyError {
  return new ValetKeyError("UPLOAD_INCOMPLETE", message, { cause });
}
