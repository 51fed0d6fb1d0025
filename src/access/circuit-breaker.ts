export interface CircuitBreakerOptions {
  /** The number of consecutive failures that open it. */
  readonly failuresToOpen?: number | undefined;
  /** How long it stays open the first time. Each failed probe doubles the time, up to `maxOpenMs`. */
  readonly minOpenMs?: number | undefined;
  readonly maxOpenMs?: number | undefined;
  /** In milliseconds. */
  readonly monotonicNow?: (() => number) | undefined;
}

/** Permission for one call. Call exactly one of the two methods when it has ended. */
export interface Permit {
  succeeded(): void;
  failed(): void;
}

/**
 * Refuses calls to a service that is failing. While closed, it permits every call; while open, none. After
 * the time to stay open, it permits one probe at a time, whose outcome closes it or opens it for longer.
 */
export class CircuitBreaker {
  readonly #failuresToOpen: number;
  readonly #minOpenMs: number;
  readonly #maxOpenMs: number;
  readonly #now: () => number;
  #failuresInARow = 0;
  #openMs = 0;
  #openUntil = 0;
  #probing = false;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#failuresToOpen = options.failuresToOpen ?? 5;
    this.#minOpenMs = options.minOpenMs ?? 1_000;
    this.#maxOpenMs = options.maxOpenMs ?? 30_000;
    this.#now = options.monotonicNow ?? (() => performance.now());
  }

  /** True while no call is permitted, not even a probe. */
  get isOpen(): boolean {
    return this.#openMs > 0 && this.#now() < this.#openUntil;
  }

  /** @returns undefined when the call must not be made */
  tryEnter(): Permit | undefined {
    if (this.#openMs === 0) {
      return { succeeded: () => this.#close(), failed: () => this.#countFailure() };
    }
    if (this.isOpen || this.#probing) return undefined;
    this.#probing = true;
    return {
      succeeded: () => this.#close(),
      failed: () => {
        this.#probing = false;
        this.#open(Math.min(this.#openMs * 2, this.#maxOpenMs));
      },
    };
  }

  #close(): void {
    this.#failuresInARow = 0;
    this.#openMs = 0;
    this.#probing = false;
  }

  #countFailure(): void {
    this.#failuresInARow += 1;
    // Calls that were running when it opened do not count again.
    if (this.#openMs === 0 && this.#failuresInARow >= this.#failuresToOpen) this.#open(this.#minOpenMs);
  }

  #open(forMs: number): void {
    this.#openMs = forMs;
    this.#openUntil = this.#now() + forMs;
  }
}
