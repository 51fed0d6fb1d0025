import type { FastifyInstance, FastifyRequest, RequestPayload } from "fastify";
import { ValetKeyError } from "../core/errors.ts";
import { BytesPerClient, type ClientBytes } from "./bytes-per-client.ts";

export interface RequestBodiesOptions {
  /** How long a body may take, from the end of the request's header. Default: 30. */
  readonly seconds?: number | undefined;
  readonly sweepMs?: number | undefined;
  /** The memory that the unfinished bodies of one client may take. Default: 32 MiB. */
  readonly clientBytes?: number | undefined;
  /** The memory that the unfinished bodies of all clients may take together. Default: 128 MiB. */
  readonly totalBytes?: number | undefined;
}

/** Bodies of at most this size are not counted: their connections take about as much memory. */
const smallBytes = 2 ** 14;

export interface BodyToReceive {
  readonly request: FastifyRequest;
  readonly body: RequestPayload;
  readonly client: string;
  /** False for a body whose rate is checked elsewhere. Default: true. */
  readonly hasDeadline?: boolean | undefined;
}

interface UnfinishedBody extends ClientBytes {
  readonly request: FastifyRequest;
  readonly body: RequestPayload;
  readonly endsAtMs: number;
  /** Undefined for a small body. */
  onData: ((chunk: Buffer | string) => void) | undefined;
}

/**
 * Bounds the request bodies that are held in memory while they arrive: in time, and in bytes for each client. If a
 * client sends too much at once, its body that has been silent the longest is refused.
 */
export class RequestBodies {
  readonly #unfinished = new Map<FastifyRequest, UnfinishedBody>();
  readonly #bytesPerClient = new BytesPerClient<UnfinishedBody>();
  readonly #seconds: number;
  readonly #clientBytes: number;
  readonly #totalBytes: number;

  constructor(server: FastifyInstance, options: RequestBodiesOptions = {}) {
    this.#seconds = options.seconds ?? 30;
    this.#clientBytes = options.clientBytes ?? 2 ** 25;
    this.#totalBytes = options.totalBytes ?? 2 ** 27;
    // One timer for all: a timer for each request would cost more than the rest of this.
    const timer = setInterval(() => this.#sweep(), options.sweepMs ?? 1000).unref();
    server.addHook("onClose", async () => clearInterval(timer));
  }

  /** The bytes of all unfinished bodies. */
  get bytes(): number {
    return this.#bytesPerClient.bytes;
  }

  /** Call this when the request's header has arrived, right before its body is read. */
  start({ request, body, client, hasDeadline = true }: BodyToReceive): void {
    const startedAtMs = performance.now();
    const unfinished: UnfinishedBody = {
      request,
      body,
      client,
      bytes: 0,
      activeAtMs: startedAtMs,
      endsAtMs: hasDeadline ? startedAtMs + this.#seconds * 1000 : Infinity,
      onData: undefined,
    };
    this.#unfinished.set(request, unfinished);
    if (Number(request.headers["content-length"]) <= smallBytes) return;
    this.#bytesPerClient.add(unfinished);
    unfinished.onData = (chunk) => this.#received(unfinished, chunk.length);
    body.on("data", unfinished.onData);
  }

  /** Call this when the body has arrived. */
  end(request: FastifyRequest): void {
    const unfinished = this.#unfinished.get(request);
    if (unfinished !== undefined) this.#forget(unfinished);
  }

  #received(unfinished: UnfinishedBody, bytes: number): void {
    unfinished.activeAtMs = performance.now();
    this.#bytesPerClient.grow(unfinished, bytes);
    const { client } = unfinished;
    while (this.#bytesPerClient.bytesOf(client) > this.#clientBytes && this.#refuseLongestIdle(client));
    while (
      this.#bytesPerClient.bytes > this.#totalBytes &&
      this.#refuseLongestIdle(this.#bytesPerClient.largestClient() ?? client)
    );
  }

  #refuseLongestIdle(client: string): boolean {
    const longestIdle = this.#bytesPerClient.longestIdle(client);
    if (longestIdle === undefined) return false;
    const message = "Too many request bodies are arriving at once. Send fewer of them, then try again.";
    const error = new ValetKeyError("OVERLOADED", message, { reason: "unfinished_bodies" });
    this.#refuse(longestIdle, Object.assign(error, { statusCode: 503 }));
    return true;
  }

  #refuse(unfinished: UnfinishedBody, error: Error): void {
    this.#forget(unfinished);
    // Unlike a stream that ends, a stream with an error still lets a response be sent.
    unfinished.body.emit("error", error);
  }

  #forget(unfinished: UnfinishedBody): void {
    this.#unfinished.delete(unfinished.request);
    if (unfinished.onData === undefined) return;
    unfinished.body.off("data", unfinished.onData);
    this.#bytesPerClient.remove(unfinished);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const unfinished of this.#unfinished.values()) {
      const { raw } = unfinished.request;
      // The request may have been refused before its body was handed on: it was not JSON, for example.
      if (raw.complete || raw.destroyed) this.#forget(unfinished);
      else if (nowMs >= unfinished.endsAtMs) this.#refuse(unfinished, timeout(this.#seconds));
    }
  }
}

function timeout(seconds: number): Error {
  const error = new ValetKeyError("TIMEOUT", `The body did not arrive within ${seconds} seconds.`);
  return Object.assign(error, { statusCode: 408 });
}
