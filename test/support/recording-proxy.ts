import { type IncomingMessage, request, type ServerResponse } from "node:http";
import type { TemporaryCredentials } from "../../src/access/role-session.ts";
import { type AwsCall, classifyAwsRequest } from "./aws-operation.ts";
import { startHttpServer } from "./listening.ts";
import type { Closable } from "./resources.ts";

export interface RecordedRequest extends AwsCall {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  /** Of the store's response. */
  readonly status: number;
}

/**
 * Stands between the server and the store, records each request and passes it on unchanged, including the Host
 * header, which signatures cover. The URLs that the server signs lead through the proxy as well.
 */
export interface RecordingProxy extends Closable {
  readonly url: string;
  /** In the order in which they were answered. */
  readonly requests: readonly RecordedRequest[];
  /** The credentials that AssumeRole has returned so far, in order. */
  readonly roleSessions: readonly TemporaryCredentials[];
  /** The highest number of requests that were in progress at the same time. */
  readonly mostAtOnce: number;
  count(operation: string): number;
  forget(): void;
  /** Calls `act` once: when the next request of that operation has arrived, or when the store has answered it. */
  meanwhile(operation: string, moment: "before" | "after", act: () => Promise<unknown>): void;
}

export async function startRecordingProxy(storeUrl: string): Promise<RecordingProxy> {
  const requests: RecordedRequest[] = [];
  const roleSessions: TemporaryCredentials[] = [];
  const acts = new Map<string, () => Promise<unknown>>();
  const act = async (name: string) => {
    const waiting = acts.get(name);
    acts.delete(name);
    await waiting?.();
  };

  let underWay = 0;
  let mostAtOnce = 0;

  const server = await startHttpServer(async (incoming, outgoing) => {
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    const { method = "", url: target = "", headers } = incoming;
    try {
      const { operation } = classifyAwsRequest(method, target, headers, new URLSearchParams());
      await act(`before ${operation}`);
      const answered = () => act(`after ${operation}`);
      const { status, form, answer } = await forward(storeUrl, incoming, outgoing, answered);
      const call = classifyAwsRequest(method, target, headers, form);
      requests.push({ ...call, method, target, headers, status });
      if (call.operation === "AssumeRole" && status === 200) roleSessions.push(credentialsIn(answer));
    } catch {
      incoming.destroy();
    } finally {
      underWay -= 1;
    }
  });
  server.server.requestTimeout = 0;

  return {
    url: server.url,
    requests,
    roleSessions,
    get mostAtOnce() {
      return mostAtOnce;
    },
    count: (operation) => requests.filter((recorded) => recorded.operation === operation).length,
    forget: () => {
      requests.length = 0;
      roleSessions.length = 0;
    },
    meanwhile: (operation, moment, what) => acts.set(`${moment} ${operation}`, what),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

interface Exchange {
  readonly status: number;
  /** Both sides' bodies of a call to STS; empty for S3, whose bodies are not kept. */
  readonly form: URLSearchParams;
  readonly answer: string;
}

/** Resolves just before the last byte of the response is passed on: a client that has it finds it recorded. */
function forward(
  storeUrl: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answered: () => Promise<void>,
): Promise<Exchange> {
  const isSts = incoming.url === "/" && incoming.method === "POST";
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(storeUrl);
    const { method, url: path, rawHeaders: headers } = incoming;
    const upstream = request({ hostname, port, agent: false, method, path, headers });
    if (isSts) incoming.on("data", (chunk: Buffer) => sent.push(chunk));
    incoming.pipe(upstream);
    incoming.on("error", reject);
    outgoing.on("close", () => upstream.destroy());
    upstream.on("error", reject);
    upstream.on("response", async (response) => {
      await answered().catch(reject);
      const status = response.statusCode ?? 0;
      outgoing.writeHead(status, response.rawHeaders);
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => {
        if (isSts) received.push(chunk);
        if (!outgoing.write(chunk)) response.pause();
      });
      outgoing.on("drain", () => response.resume());
      response.on("end", () => {
        const form = new URLSearchParams(Buffer.concat(sent).toString());
        resolve({ status, form, answer: Buffer.concat(received).toString() });
        setImmediate(() => outgoing.end());
      });
    });
  });
}

function credentialsIn(assumeRoleAnswer: string): TemporaryCredentials {
  const element = (name: string) => {
    const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(assumeRoleAnswer)?.[1];
    if (value === undefined) throw new Error(`AssumeRole's answer has no ${name}.`);
    return value;
  };
  return {
    accessKeyId: element("AccessKeyId"),
    secretAccessKey: element("SecretAccessKey"),
    sessionToken: element("SessionToken"),
  };
}
