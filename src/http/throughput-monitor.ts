export interface ThroughputMonitorOptions {
  /** The longest silence. */
  idleTimeoutMs: number;
  /** What has to come on average, over each stretch of `idleTimeoutMs`. */
  minimumBytesPerSecond: number;
  onStall: () => void;
  /** Milliseconds, monotonic. */
  now?: (() => number) | undefined;
}

/**
 * Watches that a client keeps sending. Only the time counts in which we want bytes: what a slow
 * reader behind us costs is not the client's fault.
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

  /** From now on we want bytes. */
  resume(): void {
    if (this.#wantedSince !== undefined) return;
    this.#wantedSince = this.#now();
    this.#idle = setTimeout(() => this.#stall(), this.#options.idleTimeoutMs);
  }

  /** From now on it is not the client that we wait for. */
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
    const enough = (this.#options.minimumBytesPerSecond * this.#wantedMs) / 1000;
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
