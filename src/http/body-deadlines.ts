import type { FastifyInstance, FastifyRequest, RequestPayload } from "fastify";
import { ValetKeyError } from "../errors.ts";

const bodySeconds = 30;
const sweepMs = 1000;

/**
 * Ends bodies that trickle in. Looked for once a second: a timer and its listener for each request would cost
 * more than what they are for.
 */
export class BodyDeadlines {
  readonly #awaited = new Map<FastifyRequest, { readonly body: RequestPayload; readonly endsAtMs: number }>();

  constructor(server: FastifyInstance) {
    const timer = setInterval(() => this.#sweep(), sweepMs).unref();
    server.addHook("onClose", async () => clearInterval(timer));
  }

  /** From the header on. */
  await(request: FastifyRequest, body: RequestPayload): void {
    this.#awaited.set(request, { body, endsAtMs: performance.now() + bodySeconds * 1000 });
  }

  arrived(request: FastifyRequest): void {
    this.#awaited.delete(request);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [request, { body, endsAtMs }] of this.#awaited) {
      if (nowMs < endsAtMs && !request.raw.destroyed) continue;
      this.#awaited.delete(request);
      // An error on the stream, unlike its end, can still be answered.
      if (!request.raw.destroyed) body.emit("error", tooSlow());
    }
  }
}

function tooSlow(): Error {
  const error = new ValetKeyError("TIMEOUT", `The body did not arrive within ${bodySeconds} seconds.`);
  return Object.assign(error, { statusCode: 408 });
}
