import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { ValetKeyError } from "../core/errors.ts";
import { publicError } from "../graphql/operation/error-format.ts";

/** How long a client has to read the response before its connection is closed. */
const closeMs = 2000;

/**
 * Responds to bytes that Node could not parse as a request, with the body that every error has. There is no request
 * object and no reply object in this case.
 * https://nodejs.org/api/http.html#event-clienterror
 */
export function respondToUnparsableRequest(cause: NodeJS.ErrnoException, socket: Socket): void {
  // Node emits the event again for each packet that follows.
  if (socket.writableEnded) return;
  if (cause.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, error } = failureOf(cause);
  const body = JSON.stringify({ errors: [publicError(error, "")] });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "x-content-type-options: nosniff",
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  // Closing immediately could reset the connection before the response is read: RFC 9112, section 9.6.
  const timer = setTimeout(() => socket.destroy(), closeMs);
  socket.once("close", () => clearTimeout(timer));
}

function failureOf(cause: NodeJS.ErrnoException): { status: number; error: ValetKeyError } {
  switch (cause.code) {
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, error: toError("BAD_USER_INPUT", "The request's header is too large.", cause) };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, error: toError("TIMEOUT", "The request did not arrive in time.", cause) };
    default:
      return { status: 400, error: toError("BAD_USER_INPUT", "This is not a valid HTTP request.", cause) };
  }
}

function toError(code: "BAD_USER_INPUT" | "TIMEOUT", message: string, cause: Error): ValetKeyError {
  return new ValetKeyError(code, message, { cause });
}
