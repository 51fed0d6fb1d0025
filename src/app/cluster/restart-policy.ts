const minDelayMs = 200;
const maxDelayMs = 30_000;
/** A worker that ran for so long did not end because of how it starts. */
const stableMs = 60_000;
/** How often a start may fail in a row while no worker serves requests. */
const maxFailedStarts = 5;

/** When a worker that has ended unexpectedly is started again. */
export class RestartPolicy {
  #earlyEnds = 0;
  #failedStarts = 0;

  /** A worker listens. */
  started(): void {
    this.#failedStarts = 0;
  }

  /** A worker could not start. */
  startFailed(): void {
    this.#failedStarts += 1;
  }

  /** @param ranMs how long the worker ran, which is 0 if it could not start */
  delayMsAfter(ranMs: number): number {
    if (ranMs >= stableMs) this.#earlyEnds = 0;
    const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** this.#earlyEnds);
    this.#earlyEnds = Math.min(this.#earlyEnds + 1, 20);
    return delayMs;
  }

  /** Whether starting again is hopeless. */
  shouldGiveUp(workersThatServe: number): boolean {
    return workersThatServe === 0 && this.#failedStarts >= maxFailedStarts;
  }
}
