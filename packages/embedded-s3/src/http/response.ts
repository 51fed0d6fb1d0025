import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describeDiskFault, isLastingDiskFault } from "../core/disk-fault.ts";
import { StoreError } from "../core/store-error.ts";
import { systemCode } from "../core/store-start-error.ts";
import { renderXml, type XmlContent } from "./xml.ts";

/** What an operation answers. A header that is undefined is not sent. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** A stream needs a content-length among the headers. */
  readonly body?: string | Readable | undefined;
}

export function xmlAnswer(root: string, content: XmlContent, headers: Answer["headers"] = {}): Answer {
  return {
    status: 200,
    headers: { "content-type": "application/xml", ...headers },
    body: renderXml(root, content),
  };
}

export const noContent: Answer = { status: 204 };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function errorAnswer(error: StoreError, resource: string, requestId: string): Answer {
  // 304 has no body by HTTP's rules.
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

/** The error that S3 would answer with. What was not foreseen is a 500 that says nothing about its cause. */
export function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = systemCode(error);
  if (code !== undefined && isLastingDiskFault(code)) {
    const reason = `${describeDiskFault(code)} (${code})`;
    // Not 500 or 503, after which clients try again.
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
 * Sends the answer. If the request's body has not been read, the rest is thrown away for a while
 * before the connection ends: a client that still writes would lose the answer otherwise.
 */
export async function sendAnswer(
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  const { body } = answer;
  if (response.destroyed) {
    if (typeof body === "object") body.destroy();
    return;
  }
  const bodyIsUnread = !incoming.complete;
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== undefined) response.setHeader(name, toHeaderBytes(value));
  }
  if (bodyIsUnread) response.setHeader("connection", "close");
  const isBodiless = incoming.method === "HEAD" || answer.status === 204 || answer.status === 304;
  if (typeof body === "object") {
    if (isBodiless) body.destroy();
    else return await pipeline(body, response);
  }
  const text = typeof body === "string" ? body : "";
  if (!isBodiless) response.setHeader("content-length", Buffer.byteLength(text));
  if (isBodiless || text === "") response.flushHeaders();
  else response.write(text);
  if (bodyIsUnread) await drain(incoming);
  response.end();
}

/** Node writes header values as latin1: UTF-8 has to be spelt as its bytes. */
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
