import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describeDiskFault, isLastingDiskFault } from "../core/disk-fault.ts";
import { StoreError } from "../core/store-error.ts";
import { systemCode } from "../core/store-start-error.ts";
import { renderXml, type XmlContent } from "./xml.ts";

/** The response of an operation. Headers that are undefined are not sent. */
export interface StoreResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** A stream requires the header content-length. */
  readonly body?: string | Readable | undefined;
}

export function xmlResponse(
  root: string,
  content: XmlContent,
  headers: StoreResponse["headers"] = {},
): StoreResponse {
  return {
    status: 200,
    headers: { "content-type": "application/xml", ...headers },
    body: renderXml(root, content),
  };
}

export const noContent: StoreResponse = { status: 204 };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function errorResponse(error: StoreError, resource: string, requestId: string): StoreResponse {
  // In HTTP, a 304 has no body.
  if (error.status === 304) return { status: 304, headers: error.headers };
  const body = renderXml(
    "Error",
    {
      Code: error.code,
      Message: error.message,
      ...error.details,
      Resource: resource,
      RequestId: requestId,
      HostId: "embedded",
    },
    "",
  );
  return { status: error.status, headers: { "content-type": "application/xml", ...error.headers }, body };
}

/** Converts an error to a response of S3. An unexpected error becomes a 500 that does not reveal its cause. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = systemCode(error);
  if (code !== undefined && isLastingDiskFault(code)) {
    const reason = `${describeDiskFault(code)} (${code})`;
    // Clients try again after a 500 or 503, but not after a 507.
    return new StoreError(
      507,
      "InsufficientStorage",
      `The embedded store cannot write to its folder: ${reason}`,
    );
  }
  return new StoreError(500, "InternalError", "We encountered an internal error. Please try again.");
}

const drainBytes = 16 * 1024 ** 2;
const drainMilliseconds = 5000;

/**
 * Sends the response. If the body of the request is unread, reads and discards some of it before closing the connection:
 * a client that is still sending could lose the response otherwise.
 */
export async function sendResponse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  response: StoreResponse,
): Promise<void> {
  const { body } = response;
  if (outgoing.destroyed) {
    if (typeof body === "object") body.destroy();
    return;
  }
  const bodyIsUnread = !incoming.complete;
  outgoing.statusCode = response.status;
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    if (value !== undefined) outgoing.setHeader(name, toHeaderBytes(value));
  }
  if (bodyIsUnread) outgoing.setHeader("connection", "close");
  const isBodiless = incoming.method === "HEAD" || response.status === 204 || response.status === 304;
  if (typeof body === "object") {
    if (isBodiless) body.destroy();
    else return await pipeline(body, outgoing);
  }
  const text = typeof body === "string" ? body : "";
  if (!isBodiless) outgoing.setHeader("content-length", Buffer.byteLength(text));
  if (isBodiless || text === "") outgoing.flushHeaders();
  else outgoing.write(text);
  if (bodyIsUnread) await drain(incoming);
  outgoing.end();
}

/** Node writes header values as latin1, so each byte of UTF-8 has to be one character. */
function toHeaderBytes(value: string): string {
  return Buffer.from(value, "utf8").toString("latin1");
}

async function drain(incoming: IncomingMessage): Promise<void> {
  if (incoming.destroyed || incoming.complete) return;
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const timer = setTimeout(resolve, drainMilliseconds);
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > drainBytes) resolve();
    });
    incoming.once("end", resolve).once("close", resolve).once("error", resolve);
    incoming.once("close", () => clearTimeout(timer));
    incoming.resume();
  });
}
