export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresToOpen?: number | undefined;
  /** How long it stays open the first time; twice as long after each probe that fails, up to the longest. */
  readonly shortestOpenMs?: number | undefined;
  readonly longestOpenMs?: number | undefined;
  /** Milliseconds that only grow. */
  readonly monotonicNow?: (() => number) | undefined;
}

/** Leave for one call. Exactly one of the two is to be called when it has ended. */
export interface Permit {
  succeeded(): void;
  failed(): void;
}

/**
 * Ends calls to a service that fails before they are made. Closed: every call is let through. Open: none.
 * When its time is over: one at a time, the probe, whose outcome closes it or opens it for longer.
 */
export class CircuitBreaker {
  readonly #failuresToOpen: number;
  readonly #shortestOpenMs: number;
  readonly #longestOpenMs: number;
  readonly #now: () => number;
  #failuresInARow = 0;
  #openMs = 0;
  #openUntil = 0;
  #probing = false;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#failuresToOpen = options.failuresToOpen ?? 5;
    this.#shortestOpenMs = options.shortestOpenMs ?? 1_000;
    this.#longestOpenMs = options.longestOpenMs ?? 30_000;
    this.#now = options.monotonicNow ?? (() => performance.now());
  }

  /** No call is let through, and its time is not over. */
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
        this.#open(Math.min(this.#openMs * 2, this.#longestOpenMs));
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
    // A call that was under way when it opened says nothing new by failing.
    if (this.#openMs === 0 && this.#failuresInARow >= this.#failuresToOpen) this.#open(this.#shortestOpenMs);
  }

  #open(forMs: number): void {
    this.#openMs = forMs;
    this.#openUntil = this.#now() + forMs;
  }
}
