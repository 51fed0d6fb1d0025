import type { FastifyInstance, FastifyRequest, RequestPayload } from "fastify";
import { ValetKeyError } from "../core/errors.ts";

export interface BodyDeadlinesOptions {
  /** From the header to the body's end. Default: 30. */
  readonly seconds?: number | undefined;
  readonly sweepMs?: number | undefined;
}

/**
 * Ends bodies that trickle in. Looked for once a second: a timer and its listener for each request would cost
 * more than what they are for.
 */
export class BodyDeadlines {
  readonly #unfinished = new Map<
    FastifyRequest,
    { readonly body: RequestPayload; readonly endsAtMs: number }
  >();

  readonly #seconds: number;

  constructor(server: FastifyInstance, { seconds = 30, sweepMs = 1000 }: BodyDeadlinesOptions = {}) {
    this.#seconds = seconds;
    const timer = setInterval(() => this.#sweep(), sweepMs).unref();
    server.addHook("onClose", async () => clearInterval(timer));
  }

  /** From the header on. */
  start(request: FastifyRequest, body: RequestPayload): void {
    this.#unfinished.set(request, { body, endsAtMs: performance.now() + this.#seconds * 1000 });
  }

  end(request: FastifyRequest): void {
    this.#unfinished.delete(request);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [request, { body, endsAtMs }] of this.#unfinished) {
      // Answered before it was handed on: it was no JSON, say.
      const isOver = request.raw.complete || request.raw.destroyed;
      if (nowMs < endsAtMs && !isOver) continue;
      this.#unfinished.delete(request);
      // An error on the stream, unlike its end, can still be answered.
      if (!isOver) body.emit("error", tooSlow(this.#seconds));
    }
  }
}

function tooSlow(seconds: number): Error {
  const error = new ValetKeyError("TIMEOUT", `The body did not arrive within ${seconds} seconds.`);
  return Object.assign(error, { statusCode: 408 });
}
