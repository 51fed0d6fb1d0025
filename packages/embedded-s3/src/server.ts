import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { corsHeaders, preflightHeaders } from "./buckets/cors-headers.ts";
import { StoreError } from "./core/store-error.ts";
import { assertKnownHost } from "./http/host-check.ts";
import { errorResponse, type StoreResponse, sendResponse, toStoreError } from "./http/response.ts";
import { handlePostUpload, isPostUpload } from "./post/post-upload.ts";
import type { RequestEntry } from "./request-entry.ts";
import { incompleteBody } from "./requests/request-body.ts";
import { type S3Endpoint } from "./requests/s3-request.ts";
import { parseTarget, type Target } from "./requests/target.ts";
import { chooseOperation } from "./s3-endpoint.ts";
import { toWireRequest, type WireRequest } from "./signing/wire-request.ts";
import { handleStsRequest, StsRefusal } from "./sts/sts-endpoint.ts";

export interface StoreServerOptions extends S3Endpoint {
  /** The host that the server listens on. */
  readonly host: string;
  /** Other names under which clients reach it. */
  readonly publicHosts: readonly string[];
  readonly minSessionSeconds?: number | undefined;
  readonly onRequest?: ((entry: RequestEntry) => void) | undefined;
  /** Receives unexpected errors. */
  readonly onFault: (error: unknown) => void;
}

// Has to hold a session token and a key of 1,024 bytes, percent-encoded.
const maxHeaderBytes = 64 * 1024;
const idleMilliseconds = 120_000;

/** Creates the HTTP server of S3 and STS. It does not listen yet. */
export function createStoreServer(options: StoreServerOptions): Server {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: 0,
    // A client that reuses a connection just when the store closes it loses its request, so this is long.
    keepAliveTimeout: 72_000,
  });
  server.timeout = idleMilliseconds;
  const handle = (incoming: IncomingMessage, response: ServerResponse) => {
    serve(options, incoming, response).catch((error: unknown) => {
      response.destroy();
      if (!isDisconnection(error)) options.onFault(error);
    });
  };
  server.on("request", handle);
  server.on("checkContinue", handle);
  server.on("clientError", respondToBrokenRequest);
  return server;
}

async function serve(
  options: StoreServerOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const requestId = randomBytes(8).toString("hex").toUpperCase();
  const wire = toWireRequest(incoming);
  const operation = { name: "Unknown" };
  let target: Target = {};
  let response: StoreResponse;
  let isForeignHost = true;
  try {
    assertKnownHost(wire.headers.host, options.host, options.publicHosts);
    isForeignHost = false;
    target = parseTarget(wire);
    response = await handleRequest(options, {
      wire,
      target,
      requestId,
      operation,
      openBody: opener(incoming, outgoing),
    });
  } catch (error) {
    const fault = error instanceof StsRefusal ? error.error : toStoreError(error);
    if (fault.status >= 500 && !isDisconnection(error)) options.onFault(error);
    response =
      error instanceof StsRefusal ? error.toResponse(requestId) : errorResponse(fault, wire.path, requestId);
  }
  const bucket = target.bucketName === undefined ? undefined : options.buckets.find(target.bucketName);
  options.onRequest?.({
    operation: operation.name,
    bucket: target.bucketName,
    key: target.key,
    status: response.status,
  });
  const headers = {
    ...(wire.method === "OPTIONS" || isForeignHost
      ? {}
      : corsHeaders(bucket, wire.headers.origin, wire.method)),
    ...response.headers,
    server: "ValetKeyEmbeddedStore",
    "x-amz-request-id": requestId,
    "x-amz-id-2": requestId,
  };
  await sendResponse(incoming, outgoing, { ...response, headers });
}

interface Incoming {
  readonly wire: WireRequest;
  readonly target: Target;
  readonly requestId: string;
  readonly openBody: () => Readable;
  /** Its name is set as soon as it is known. */
  readonly operation: { name: string };
}

async function handleRequest(options: StoreServerOptions, incoming: Incoming): Promise<StoreResponse> {
  const { wire, target, openBody, operation } = incoming;
  if (wire.method === "OPTIONS") {
    operation.name = "Preflight";
    const bucket = target.bucketName === undefined ? undefined : options.buckets.find(target.bucketName);
    return { status: 200, headers: preflightHeaders(bucket, wire.headers) };
  }
  if (wire.method === "POST" && target.bucketName === undefined) {
    operation.name = "Sts";
    const sts = await handleStsRequest(wire, openBody(), options).catch((error: unknown) => {
      if (error instanceof StsRefusal && error.operation !== "") operation.name = error.operation;
      throw error;
    });
    operation.name = sts.operation;
    return sts.response;
  }
  if (isPostUpload(wire, target)) {
    operation.name = "PostObject";
    return await handlePostUpload(options, wire, target.bucketName, openBody());
  }
  const chosen = chooseOperation(options, incoming);
  operation.name = chosen.operation;
  return await chosen.run();
}

function opener(incoming: IncomingMessage, response: ServerResponse): () => Readable {
  return () => {
    if (incoming.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
    return incoming;
  };
}

/** Responds where Node could not parse a request, or its body ended too early: there is only a socket to write to. */
function respondToBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
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
  const { status, body } = errorResponse(refusal, "", "");
  const text = String(body);
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

/** Whether the client has closed the connection, which is not a fault of the store. */
function isDisconnection(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"].includes(
    String(error.code),
  );
}
