import type { Clock } from "../core/clock.ts";
import type { Progress } from "./types.ts";

/** The rate is that of the last seconds. */
const windowMs = 5_000;
const sampleMs = 100;

/** Adds up the bytes of all requests of an upload, and measures their rate. */
export class ProgressMeter {
  readonly #clock: Clock;
  readonly #total: number;
  /** Bytes of each part that have been sent. A part that is sent again starts from nothing. */
  readonly #parts = new Map<number, number>();
  #bytes = 0;
  #samples: { atMs: number; bytes: number }[] = [];

  constructor(clock: Clock, total: number) {
    this.#clock = clock;
    this.#total = total;
  }

  /** @param bytes of this part that have been sent so far */
  set(part: number, bytes: number): void {
    this.#bytes += bytes - (this.#parts.get(part) ?? 0);
    this.#parts.set(part, bytes);
    this.#sample();
  }

  /** Bytes that were at S3 before this upload began: they say nothing about its rate. */
  addPresent(part: number, bytes: number): void {
    this.set(part, bytes);
    this.#samples = [];
  }

  /** Nothing that was sent counts any more. */
  restart(): void {
    this.#parts.clear();
    this.#bytes = 0;
    this.#samples = [];
  }

  /** Forgets the rate: nothing was sent for a while, on purpose. */
  pause(): void {
    this.#samples = [];
  }

  get progress(): Progress {
    const bytesPerSecond = this.#rate();
    const left = this.#total - this.#bytes;
    const secondsLeft = left === 0 ? 0 : bytesPerSecond > 0 ? left / bytesPerSecond : undefined;
    return { bytes: this.#bytes, total: this.#total, bytesPerSecond, secondsLeft };
  }

  #sample(): void {
    const atMs = this.#clock.now();
    const last = this.#samples.at(-1);
    if (last !== undefined && atMs - last.atMs < sampleMs) last.bytes = this.#bytes;
    else this.#samples.push({ atMs, bytes: this.#bytes });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? atMs) > windowMs)
      this.#samples.shift();
  }

  #rate(): number {
    const [first] = this.#samples;
    const ms = first === undefined ? 0 : this.#clock.now() - first.atMs;
    return first === undefined || ms === 0 ? 0 : Math.max(0, ((this.#bytes - first.bytes) / ms) * 1000);
  }
}
