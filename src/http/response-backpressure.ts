import type { ServerResponse } from "node:http";
import { ValetKeyError } from "../core/errors.ts";

export interface ResponseBackpressureOptions {
  /** Smaller ones fit into the buffers of the connection. Default: 64 KiB. */
  largeBytes?: number | undefined;
  /** What large answers may hold in memory together until their clients have read them. Default: 256 MiB. */
  totalBytes?: number | undefined;
  /** How fast the client has to read at least, beside the grace. Default: 65,536. */
  slowestBytesPerSecond?: number | undefined;
  /** Default: 30,000. */
  graceMs?: number | undefined;
}

/**
 * Answers stay in memory until they are read. A client that reads too slowly loses its connection, and while
 * those who read hold too much together, no new request is begun.
 */
export class ResponseBackpressure {
  readonly #largeBytes: number;
  readonly #totalBytes: number;
  readonly #slowestBytesPerSecond: number;
  readonly #graceMs: number;
  #heldBytes = 0;

  constructor(options: ResponseBackpressureOptions = {}) {
    this.#largeBytes = options.largeBytes ?? 2 ** 16;
    this.#totalBytes = options.totalBytes ?? 2 ** 28;
    this.#slowestBytesPerSecond = options.slowestBytesPerSecond ?? 2 ** 16;
    this.#graceMs = options.graceMs ?? 30_000;
  }

  /** @returns OVERLOADED while too much is held */
  refusal(): ValetKeyError | undefined {
    if (this.#heldBytes < this.#totalBytes) return undefined;
    return new ValetKeyError("OVERLOADED", "Too many answers wait to be read. Try again later.");
  }

  /** To be called before an answer of so many bytes is written. */
  watch(response: ServerResponse, bytes: number): void {
    if (bytes < this.#largeBytes) return;
    this.#heldBytes += bytes;
    const longestMs = this.#graceMs + (bytes / this.#slowestBytesPerSecond) * 1000;
    const timer = setTimeout(() => response.destroy(), longestMs);
    response.once("close", () => {
      clearTimeout(timer);
      this.#heldBytes -= bytes;
    });
  }
}
