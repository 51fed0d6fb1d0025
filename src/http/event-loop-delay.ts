import { monitorEventLoopDelay } from "node:perf_hooks";
import type { FastifyInstance } from "fastify";

/** The interval over which the mean delay is measured. */
const intervalMs = 500;
/** A single turn of the event loop may take 100 ms, and a health check needs two or three turns. */
const maxMeanDelayMs = 200;

/** Measures how late the event loop is. */
export class EventLoopDelay {
  #meanMs = 0;

  constructor(server: FastifyInstance) {
    const histogram = monitorEventLoopDelay({ resolution: 20 });
    histogram.enable();
    const timer = setInterval(() => {
      this.#meanMs = histogram.mean / 1e6;
      histogram.reset();
    }, intervalMs).unref();
    server.addHook("onClose", async () => {
      clearInterval(timer);
      histogram.disable();
    });
  }

  /** Whether turns of the event loop have taken too long on average lately. */
  get isLate(): boolean {
    return this.#meanMs > maxMeanDelayMs;
  }
}
