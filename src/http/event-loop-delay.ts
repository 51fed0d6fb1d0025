import type { FastifyInstance } from "fastify";
import { ValetKeyError } from "../core/errors.ts";

/** How often the event loop is expected to come around. */
const intervalMs = 50;
/** The time over which the mean delay is measured. */
const windowMs = 500;
/** A single turn of the event loop may take 100 ms, and a health check needs two or three turns. */
const lateMs = 200;
/** A health check that takes three turns of this length fails in most orchestrators. */
const overloadedMs = 500;
/** The mean below which the server is not overloaded any more. */
const recoveredMs = 100;
/** One long turn fills a window by itself. Several windows in a row are load. */
const windowsBeforeOverload = 3;

/** How long the event loop took to come around once: by the clock, and in processor time of this process. */
export interface LoopTurn {
  readonly elapsedMs: number;
  readonly processorMs: number;
}

/**
 * How late the event loop is because of its own work. Time in which the system runs other processes does not count: a
 * delay is never longer than the processor time that this process has used meanwhile. Refusing requests would not make
 * other processes take less.
 */
export class EventLoopDelay {
  #meanMs = 0;
  #elapsedMs = 0;
  #delayMs = 0;
  #turns = 0;
  #slowWindows = 0;
  #isOverloaded = false;

  /** Whether turns of the event loop have taken too long on average lately. */
  get isLate(): boolean {
    return this.#meanMs > lateMs;
  }

  /** Whether they have taken far too long for some time, and until they are short again. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** @returns OVERLOADED while the server is overloaded. Nothing should be done for a request then, not even for its token. */
  error(): ValetKeyError | undefined {
    if (!this.#isOverloaded) return undefined;
    return new ValetKeyError("OVERLOADED", "The server is busy. Try again later.", { reason: "event_loop" });
  }

  add({ elapsedMs, processorMs }: LoopTurn): void {
    this.#delayMs += Math.max(0, Math.min(elapsedMs - intervalMs, processorMs));
    this.#elapsedMs += elapsedMs;
    this.#turns += 1;
    if (this.#elapsedMs < windowMs) return;
    this.#meanMs = this.#delayMs / this.#turns;
    this.#elapsedMs = 0;
    this.#delayMs = 0;
    this.#turns = 0;
    this.#slowWindows = this.#meanMs > overloadedMs ? this.#slowWindows + 1 : 0;
    if (this.#slowWindows >= windowsBeforeOverload) this.#isOverloaded = true;
    else if (this.#meanMs < recoveredMs) this.#isOverloaded = false;
  }
}

/** Measures the event loop of this process until the server is closed. */
export function measureEventLoop(server: FastifyInstance): EventLoopDelay {
  const delay = new EventLoopDelay();
  let atMs = performance.now();
  let processorMs = usedProcessorMs();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const usedMs = usedProcessorMs();
    delay.add({ elapsedMs: nowMs - atMs, processorMs: usedMs - processorMs });
    atMs = nowMs;
    processorMs = usedMs;
  }, intervalMs).unref();
  server.addHook("onClose", async () => clearInterval(timer));
  return delay;
}

/** `threadCpuUsage` exists since Node 23.9. Before it, threads of Node's pool count too. */
const cpuUsage: typeof process.cpuUsage =
  (process as { threadCpuUsage?: typeof process.cpuUsage }).threadCpuUsage?.bind(process) ?? process.cpuUsage;

function usedProcessorMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}
