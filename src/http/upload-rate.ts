export interface UploadRateOptions {
  /** The rate of each caller. */
  readonly bytesPerSecond: number;
  /** Called with every wait that the rate causes. */
  readonly onWait?: ((seconds: number) => void) | undefined;
  /** How many callers without an upload in progress are remembered. Default: 10,000. */
  readonly maxIdleCallers?: number | undefined;
  /** A monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** The rate of one caller, as one of its uploads sees it. */
export interface UploadShare {
  /**
   * Counts bytes that have arrived. `0` counts nothing, and says how long bytes of earlier uploads still have to wait.
   * @returns for how many milliseconds nothing more may be read
   */
  received(bytes: number): number;
  /** Call this once, when the upload is over. */
  end(): void;
}

interface Bucket {
  /** When all bytes that have arrived would have arrived at the rate. In the future if they were too fast. */
  dueAtMs: number;
  uploads: number;
}

/** A caller that has sent nothing for this long may send as many bytes at once. */
const burstMs = 1000;

/**
 * A token bucket for each caller, which all of the caller's uploads share. An upload reads, counts what it has read, and
 * then waits, so no upload holds more than one chunk that the rate does not yet allow. Waits are granted in the order of
 * the chunks, so uploads of one caller take turns.
 */
export class UploadRate {
  readonly #bytesPerMs: number;
  readonly #onWait: (seconds: number) => void;
  readonly #maxIdleCallers: number;
  readonly #now: () => number;
  readonly #active = new Map<string, Bucket>();
  /** Callers who may not send a whole burst yet. The first one has been without uploads for the longest time. */
  readonly #idle = new Map<string, Bucket>();

  constructor({ bytesPerSecond, onWait, maxIdleCallers, now }: UploadRateOptions) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#onWait = onWait ?? (() => undefined);
    this.#maxIdleCallers = maxIdleCallers ?? 10_000;
    this.#now = now ?? (() => performance.now());
  }

  /** How many callers are remembered. */
  get callers(): number {
    return this.#active.size + this.#idle.size;
  }

  /** Call this before an upload of the caller is read. */
  start(caller: string): UploadShare {
    const bucket = this.#active.get(caller) ?? this.#idle.get(caller) ?? { dueAtMs: 0, uploads: 0 };
    this.#idle.delete(caller);
    this.#active.set(caller, bucket);
    bucket.uploads += 1;
    return {
      received: (bytes) => this.#count(bucket, bytes),
      end: () => {
        bucket.uploads -= 1;
        if (bucket.uploads > 0) return;
        this.#active.delete(caller);
        this.#keepIdle(caller, bucket);
      },
    };
  }

  #count(bucket: Bucket, bytes: number): number {
    const now = this.#now();
    bucket.dueAtMs = Math.max(bucket.dueAtMs, now - burstMs) + bytes / this.#bytesPerMs;
    const waitMs = Math.max(0, bucket.dueAtMs - now);
    if (waitMs > 0) this.#onWait(waitMs / 1000);
    return waitMs;
  }

  #keepIdle(caller: string, bucket: Bucket): void {
    for (const [other, { dueAtMs }] of this.#idle) {
      if (this.#idle.size < this.#maxIdleCallers && !this.#mayBurst(dueAtMs)) break;
      this.#idle.delete(other);
    }
    if (!this.#mayBurst(bucket.dueAtMs)) this.#idle.set(caller, bucket);
  }

  /** Whether the bucket is like a new one. */
  #mayBurst(dueAtMs: number): boolean {
    return dueAtMs <= this.#now() - burstMs;
  }
}
