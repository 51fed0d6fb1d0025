export interface ThroughputMonitorOptions {
  /** How long the client may be silent, in milliseconds. */
  idleTimeoutMs: number;
  /** How fast the client has to send on average, over each period of `idleTimeoutMs`. */
  minBytesPerSecond: number;
  onStall: () => void;
  /** A monotonic clock, in milliseconds. Default: `performance.now`. */
  now?: (() => number) | undefined;
}

/**
 * Checks that a client keeps sending. Only the time in which the server waits for bytes counts. While the server is
 * busy storing bytes that have arrived, the client has to wait.
 */
export class ThroughputMonitor {
  readonly #options: ThroughputMonitorOptions;
  readonly #now: () => number;
  #idle: NodeJS.Timeout | undefined;
  #wantedSince: number | undefined;
  #wantedMs = 0;
  #bytes = 0;

  constructor(options: ThroughputMonitorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Starts the clock when the server waits for bytes. */
  resume(): void {
    if (this.#wantedSince !== undefined) return;
    this.#wantedSince = this.#now();
    this.#idle = setTimeout(() => this.#stall(), this.#options.idleTimeoutMs);
  }

  /** Stops the clock when the server does not wait for the client. */
  pause(): void {
    this.#count();
    this.#wantedSince = undefined;
    clearTimeout(this.#idle);
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    this.#count();
    this.#idle?.refresh();
    if (this.#wantedMs < this.#options.idleTimeoutMs) return;
    const enough = (this.#options.minBytesPerSecond * this.#wantedMs) / 1000;
    if (this.#bytes < enough) this.#stall();
    this.#bytes = 0;
    this.#wantedMs = 0;
  }

  #count(): void {
    if (this.#wantedSince === undefined) return;
    const now = this.#now();
    this.#wantedMs += now - this.#wantedSince;
    this.#wantedSince = now;
  }

  #stall(): void {
    this.pause();
    this.#options.onStall();
  }
}
