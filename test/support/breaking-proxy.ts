import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What becomes of a request:
 * `reset` the connection is cut before the store hears of it ·
 * `500`, `503` S3's InternalError and SlowDown · `error-in-200` a success that holds an error ·
 * `garbage` a success that holds no XML · `stall` no answer ever ·
 * `lost` the store does it, and the connection is cut instead of the answer ·
 * `garbled` the store does it, and the answer holds no XML ·
 * `cut-off` the store does it, and the answer breaks off
 */
export type Fault =
  | "reset"
  | "500"
  | "503"
  | "error-in-200"
  | "garbage"
  | "stall"
  | "lost"
  | "garbled"
  | "cut-off";

export interface BreakRule {
  readonly fault: Fault;
  readonly matches: (request: IncomingMessage) => boolean;
  /** Matching requests that pass before the first one breaks. Default 0. */
  readonly skip?: number;
  /** Matching requests that break. Default: all. */
  readonly times?: number;
}

export interface BreakingProxy extends AsyncDisposable {
  readonly url: string;
  /** "PUT /bucket/key?partNumber=1&uploadId=…" of each request, in order. */
  readonly requests: string[];
  /** Adds a rule; the first that matches counts. */
  break(rule: BreakRule): void;
  heal(): void;
}

interface ActiveRule extends BreakRule {
  seen: number;
}

/** Stands between a client and a store and breaks what its rules name. Host headers pass, so signatures hold. */
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

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.on("error", () => {});
    response.on("error", () => {});
    const fault = faultFor(request);
    if (fault === undefined) forward(target, request, response);
    else breakOff(fault, target, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    break: (rule) => rules.push({ ...rule, seen: 0 }),
    heal: () => rules.splice(0),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function forward(target: string, request: IncomingMessage, response: ServerResponse): void {
  const upstream = sendOn(target, request, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on("error", () => request.socket.destroy());
  response.on("close", () => upstream.destroy());
}

function sendOn(target: string, request: IncomingMessage, onAnswer: (answer: IncomingMessage) => void) {
  const { hostname, port } = new URL(target);
  const { method, url: path, headers } = request;
  const upstream = httpRequest({ hostname, port, method, path, headers, agent: false }, onAnswer);
  request.pipe(upstream);
  return upstream;
}

function breakOff(fault: Fault, target: string, request: IncomingMessage, response: ServerResponse): void {
  switch (fault) {
    case "reset":
      request.socket.resetAndDestroy();
      return;
    case "stall":
      request.resume();
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
