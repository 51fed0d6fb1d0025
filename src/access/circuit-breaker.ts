export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresToOpen?: number | undefined;
  /** How long it stays open the first time; twice as long after each probe that fails, up to the longest. */
  readonly shortestOpenMs?: number | undefined;
  readonly longestOpenMs?: number | undefined;
  /** Milliseconds that only grow. */
  readonly monotonicNow?: (() => number) | undefined;
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
  #failures = 0;
  #openMs = 0;
  #openUntil = 0;
  #probing = false;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#failuresToOpen = options.failuresToOpen ?? 5;
    this.#shortestOpenMs = options.shortestOpenMs ?? 1_000;
    this.#longestOpenMs = options.longestOpenMs ?? 30_000;
    this.#now = options.monotonicNow ?? (() => performance.now());
  }

  /** Open, and its time is not over. */
  get isOpen(): boolean {
    return this.#openMs > 0 && this.#now() < this.#openUntil;
  }

  /** Asks for one call. Whoever gets true makes the call and reports `succeeded` or `failed`. */
  tryEnter(): boolean {
    if (this.#openMs === 0) return true;
    if (this.isOpen || this.#probing) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openMs = 0;
    this.#probing = false;
  }

  failed(): void {
    this.#failures += 1;
    const probed = this.#probing;
    this.#probing = false;
    // Calls that were under way when it opened fail too, and say nothing new.
    if (this.isOpen || this.#failures < this.#failuresToOpen) return;
    if (this.#openMs > 0 && !probed) return;
    this.#openMs =
      this.#openMs === 0 ? this.#shortestOpenMs : Math.min(this.#openMs * 2, this.#longestOpenMs);
    this.#openUntil = this.#now() + this.#openMs;
  }
}
