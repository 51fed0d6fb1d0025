import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { startHttpServer } from "./listening.ts";
import type { Closable } from "./resources.ts";

/**
 * What the proxy does with a request:
 * - `reset` resets the connection. The store does not see the request.
 * - `500` and `503` respond with S3's InternalError and SlowDown. The store does not see the request.
 * - `error-in-200` responds with status 200 and S3's InternalError in the body.
 * - `garbage` responds with status 200 and a body that is not XML.
 * - `empty` responds with status 200 and no body, without S3's headers. The store does not see the request.
 * - `stall` never responds.
 * - `lost` passes the request on, and resets the connection instead of passing on the response.
 * - `garbled` passes the request on, and responds with a body that is not XML.
 * - `cut-off` passes the request on, and closes the connection in the middle of the response.
 * - `slow` passes the request on after 50 to 1,500 ms.
 * - `corrupted` passes the request on with one byte of its body changed.
 */
export type Fault =
  | "reset"
  | "500"
  | "503"
  | "error-in-200"
  | "garbage"
  | "empty"
  | "stall"
  | "lost"
  | "garbled"
  | "cut-off"
  | "slow"
  | "corrupted";

export interface BreakRule {
  readonly fault: Fault;
  readonly matches: (request: IncomingMessage) => boolean;
  /** How many matching requests pass before the first one breaks. Default: 0. */
  readonly skip?: number;
  /** How many matching requests break. Default: all. */
  readonly times?: number;
}

export interface BreakingProxy extends Closable {
  readonly url: string;
  /** "PUT /bucket/key?partNumber=1&uploadId=…" of each request, in order. */
  readonly requests: string[];
  /** Adds a rule. The first rule that matches a request decides. */
  break(rule: BreakRule): void;
  /** Removes all rules. */
  heal(): void;
}

interface ActiveRule extends BreakRule {
  seen: number;
}

/** Stands between a client and a store, and breaks the requests that match its rules. It keeps Host headers, so that signatures stay valid. */
export async function startBreakingProxy(target: string): Promise<BreakingProxy> {
  const rules: ActiveRule[] = [];
  const requests: string[] = [];

  const faultFor = (request: IncomingMessage): Fault | undefined => {
    for (const rule of rules) {
      if (!rule.matches(request)) continue;
      rule.seen += 1;
      const { skip = 0, times = Number.POSITIVE_INFINITY } = rule;
      if (rule.seen > skip && rule.seen <= skip + times) return rule.fault;
    }
    return undefined;
  };

  const server = await startHttpServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.on("error", () => {});
    response.on("error", () => {});
    const fault = faultFor(request);
    if (fault === undefined) forward(target, request, response);
    else breakOff(fault, target, request, response);
  });

  return {
    url: server.url,
    requests,
    break: (rule) => rules.push({ ...rule, seen: 0 }),
    heal: () => rules.splice(0),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function forward(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  change?: (chunk: Buffer) => Buffer,
): void {
  const sendBack = (answer: IncomingMessage) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  };
  const upstream = sendOn(target, request, sendBack, change);
  upstream.on("error", () => request.socket.destroy());
  response.on("close", () => upstream.destroy());
}

function sendOn(
  target: string,
  request: IncomingMessage,
  onAnswer: (answer: IncomingMessage) => void,
  change?: (chunk: Buffer) => Buffer,
) {
  const { hostname, port } = new URL(target);
  const { method, url: path, headers } = request;
  const upstream = httpRequest({ hostname, port, method, path, headers, agent: false }, onAnswer);
  if (change === undefined) request.pipe(upstream);
  else
    request.pipe(new Transform({ transform: (chunk, _, done) => done(null, change(chunk)) })).pipe(upstream);
  return upstream;
}

/** Changes the byte in the middle of the first large chunk: in a body that is sent in signed chunks, that is a byte of the file. */
function changeOneByte(): (chunk: Buffer) => Buffer {
  let isChanged = false;
  return (chunk) => {
    if (isChanged || chunk.length < 4_096) return chunk;
    isChanged = true;
    const changed = Buffer.from(chunk);
    changed.writeUInt8(changed.readUInt8(chunk.length >> 1) ^ 1, chunk.length >> 1);
    return changed;
  };
}

function breakOff(fault: Fault, target: string, request: IncomingMessage, response: ServerResponse): void {
  switch (fault) {
    case "reset":
      request.socket.resetAndDestroy();
      return;
    case "stall":
      request.resume();
      return;
    case "slow":
      setTimeout(
        () => {
          if (!request.destroyed) forward(target, request, response);
        },
        50 + Math.random() * 1_450,
      );
      return;
    case "corrupted":
      forward(target, request, response, changeOneByte());
      return;
    case "lost":
      whenDone(target, request, () => request.socket.resetAndDestroy());
      return;
    case "garbled":
      whenDone(target, request, () => response.writeHead(200, xml).end(notXml));
      return;
    case "cut-off":
      whenDone(target, request, () => {
        response.writeHead(200, { ...xml, "content-length": "1000" });
        response.write("<?xml version=", () => request.socket.destroy());
      });
      return;
    case "500":
      answerWhenRead(request, response, 500, errorBody("InternalError"));
      return;
    case "503":
      answerWhenRead(request, response, 503, errorBody("SlowDown"));
      return;
    case "error-in-200":
      answerWhenRead(request, response, 200, errorBody("InternalError"));
      return;
    case "garbage":
      answerWhenRead(request, response, 200, notXml);
      return;
    case "empty":
      answerWhenRead(request, response, 200, "");
  }
}

const xml = { "content-type": "application/xml" };
const notXml = "\u0000<<< not XML & not S3";

function whenDone(target: string, request: IncomingMessage, answer: () => void): void {
  const upstream = sendOn(target, request, (done) => {
    done.resume();
    done.on("end", answer);
  });
  upstream.on("error", () => request.socket.destroy());
}

function answerWhenRead(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
): void {
  request.resume();
  request.on("end", () => response.writeHead(status, xml).end(body));
}

function errorBody(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>broken on purpose</Message></Error>`;
}
