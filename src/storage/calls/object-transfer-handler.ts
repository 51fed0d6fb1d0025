import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { ConcurrencyLimit } from "../../core/concurrency-limit.ts";

export interface ObjectTransferHandlerOptions {
  /** The time to establish a connection. Default: 3,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The time until a response begins, for calls that neither store, copy nor complete. Default: 10,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** The time without a byte in either direction, for every call. Default: 60,000. */
  readonly idleTimeoutMs?: number | undefined;
  /** The number of concurrent calls. Default: 256. */
  readonly maxCalls?: number | undefined;
  /** How long a call may wait for its turn. Default: 5,000. */
  readonly maxWaitMs?: number | undefined;
}

type HandleParameters = Parameters<NodeHttpHandler["handle"]>;

/**
 * A request that stores, copies or completes an object may take as long as bytes are transferred, and ends when the
 * connection is idle. For every other request a response has to begin within the request timeout.
 */
export class ObjectTransferHandler extends NodeHttpHandler {
  readonly #requestTimeoutMs: number;
  // Calls are limited here and not by the agent, whose queue is unbounded and whose waiting time the SDK counts as time
  // to connect.
  readonly #turns: ConcurrencyLimit;

  constructor({
    connectTimeoutMs = 3_000,
    requestTimeoutMs = 10_000,
    idleTimeoutMs = 60_000,
    maxCalls = 256,
    maxWaitMs = 5_000,
  }: ObjectTransferHandlerOptions) {
    super({
      httpAgent: new HttpAgent({ keepAlive: true }),
      httpsAgent: new HttpsAgent({ keepAlive: true }),
      connectionTimeout: connectTimeoutMs,
      socketTimeout: idleTimeoutMs,
      // Without this, a request timeout only logs a warning.
      throwOnRequestTimeout: true,
      logger: silent,
    });
    this.#requestTimeoutMs = requestTimeoutMs;
    const message = "Too many calls to S3 are in progress. Try again later.";
    this.#turns = new ConcurrencyLimit({ maxRunning: maxCalls, maxWaitMs, message });
  }

  override handle(
    request: HandleParameters[0],
    options?: HandleParameters[1],
  ): ReturnType<NodeHttpHandler["handle"]> {
    const { method, query } = request;
    const completesUpload = method === "POST" && query.uploadId !== undefined;
    const mayTakeLong = method === "PUT" || completesUpload;
    const requestTimeout = options?.requestTimeout ?? (mayTakeLong ? 0 : this.#requestTimeoutMs);
    return this.#turns.run(() => super.handle(request, { ...options, requestTimeout }));
  }
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
