import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { answerPreflight, corsHeaders } from "./buckets/cors-headers.ts";
import { StoreError } from "./core/store-error.ts";
import { refuseForeignHost } from "./http/host-check.ts";
import { type Answer, asStoreError, errorAnswer, sendAnswer } from "./http/response.ts";
import { answerPostUpload, isPostUpload } from "./post/post-upload.ts";
import type { RequestEntry } from "./request-entry.ts";
import { incompleteBody } from "./requests/request-body.ts";
import { type S3Endpoint } from "./requests/s3-request.ts";
import { parseTarget, type Target } from "./requests/target.ts";
import { chooseOperation } from "./s3-endpoint.ts";
import { toWireRequest, type WireRequest } from "./signing/wire-request.ts";
import { answerStsRequest, StsRefusal } from "./sts/sts-endpoint.ts";

export interface StoreServerOptions extends S3Endpoint {
  /** The host that the server listens on. */
  readonly host: string;
  readonly minSessionSeconds?: number | undefined;
  readonly onRequest?: ((entry: RequestEntry) => void) | undefined;
  /** Told about whatever nobody foresaw. */
  readonly onFault: (error: unknown) => void;
}

// A session token and a key of 1,024 bytes, percent-encoded, have to fit.
const maxHeaderBytes = 64 * 1024;
const idleMilliseconds = 120_000;

/** The HTTP server of both services; not listening yet. */
export function createStoreServer(options: StoreServerOptions): Server {
  const server = createServer({ maxHeaderSize: maxHeaderBytes, requestTimeout: 0 });
  server.timeout = idleMilliseconds;
  const handle = (incoming: IncomingMessage, response: ServerResponse) => {
    serve(options, incoming, response).catch((error: unknown) => {
      response.destroy();
      if (!isDisconnection(error)) options.onFault(error);
    });
  };
  server.on("request", handle);
  server.on("checkContinue", handle);
  server.on("clientError", answerBrokenRequest);
  return server;
}

async function serve(
  options: StoreServerOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomBytes(8).toString("hex").toUpperCase();
  const wire = toWireRequest(incoming);
  const operation = { name: "Unknown" };
  let target: Target = {};
  let answer: Answer;
  let isForeignHost = true;
  try {
    refuseForeignHost(wire.headers.host, options.host);
    isForeignHost = false;
    target = parseTarget(wire);
    answer = await answerRequest(options, {
      wire,
      target,
      requestId,
      operation,
      openBody: opener(incoming, response),
    });
  } catch (error) {
    const fault = error instanceof StsRefusal ? error.error : asStoreError(error);
    if (fault.status >= 500 && !isDisconnection(error)) options.onFault(error);
    answer = error instanceof StsRefusal ? error.answer(requestId) : errorAnswer(fault, wire.path, requestId);
  }
  const bucket = target.bucketName === undefined ? undefined : options.buckets.find(target.bucketName);
  options.onRequest?.({
    operation: operation.name,
    bucket: target.bucketName,
    key: target.key,
    status: answer.status,
  });
  const headers = {
    ...(wire.method === "OPTIONS" || isForeignHost
      ? {}
      : corsHeaders(bucket, wire.headers.origin, wire.method)),
    ...answer.headers,
    server: "ValetKeyEmbeddedStore",
    "x-amz-request-id": requestId,
    "x-amz-id-2": requestId,
  };
  await sendAnswer(incoming, response, { ...answer, headers });
}

interface Incoming {
  readonly wire: WireRequest;
  readonly target: Target;
  readonly requestId: string;
  readonly openBody: () => Readable;
  /** Told which operation it is, as soon as that is known. */
  readonly operation: { name: string };
}

async function answerRequest(options: StoreServerOptions, incoming: Incoming): Promise<Answer> {
  const { wire, target, openBody, operation } = incoming;
  if (wire.method === "OPTIONS") {
    operation.name = "Preflight";
    const bucket = target.bucketName === undefined ? undefined : options.buckets.find(target.bucketName);
    return { status: 200, headers: answerPreflight(bucket, wire.headers) };
  }
  if (wire.method === "POST" && target.bucketName === undefined) {
    operation.name = "Sts";
    const sts = await answerStsRequest(wire, openBody(), options).catch((error: unknown) => {
      if (error instanceof StsRefusal && error.operation !== "") operation.name = error.operation;
      throw error;
    });
    operation.name = sts.operation;
    return sts.answer;
  }
  if (isPostUpload(wire, target)) {
    operation.name = "PostObject";
    return await answerPostUpload(options, wire, target.bucketName, openBody());
  }
  const chosen = chooseOperation(options, incoming);
  operation.name = chosen.operation;
  return await chosen.answer();
}

function opener(incoming: IncomingMessage, response: ServerResponse): () => Readable {
  return () => {
    if (incoming.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
    return incoming;
  };
}

/** What is no HTTP, or a body that ends too early: there is no request to answer to, only a socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const refusal =
    error.code === "HPE_INVALID_EOF_STATE"
      ? incompleteBody()
      : error.code === "HPE_HEADER_OVERFLOW"
        ? new StoreError(
            400,
            "RequestHeaderSectionTooLarge",
            "Your request header section exceeds the maximum allowed.",
          )
        : new StoreError(400, "BadRequest", "An error occurred when parsing the HTTP request.");
  const { status, body } = errorAnswer(refusal, "", "");
  const text = String(body);
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

/** The client has gone away: nothing is wrong with the store. */
function isDisconnection(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"].includes(
    String(error.code),
  );
}
