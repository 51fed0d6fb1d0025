/** Milliseconds since 1970 as AWS counts them: the machine's clock, corrected by the skew that was noticed. */
export type Clock = () => number;

/** What is worth a line in the log. AWS itself refuses signatures that are more than 15 minutes off. */
const notableSkewMs = 5_000;

/**
 * The machine's clock, corrected by what answers of AWS say about it: a URL that is signed with a clock
 * that is an hour fast does not work for an hour, one signed with a slow clock dies early.
 */
export class SkewCorrectedClock {
  /** AWS's time, as far as it is known. Bound, so that it can be passed on as a `Clock`. */
  readonly now: Clock;
  readonly #machine: Clock;
  readonly #onSkew: (skewMs: number) => void;
  #skewMs = 0;
  #reportedSkewMs = 0;

  /** @param onSkew hears of a skew over 5 s, and of one that has changed by as much since. */
  constructor(machine: Clock = Date.now, onSkew: (skewMs: number) => void = () => undefined) {
    this.#machine = machine;
    this.#onSkew = onSkew;
    this.now = () => this.#machine() + this.#skewMs;
  }

  /** The machine's own clock, for the two times that `observe` takes. */
  get machine(): Clock {
    return this.#machine;
  }

  /** How far AWS's clock is ahead of the machine's. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /**
   * Takes a Date header for the truth. It names a whole second, and the answer was written at some moment
   * between the two machine times: while the machine's clock fits into that, it is taken to be right.
   */
  observe(dateHeader: string | undefined, sentAtMs: number, receivedAtMs: number): void {
    const dateMs = Date.parse(dateHeader ?? "");
    if (Number.isNaN(dateMs)) return;
    const leastSkewMs = dateMs - receivedAtMs;
    const mostSkewMs = dateMs + 1_000 - sentAtMs;
    const fits = leastSkewMs <= 0 && mostSkewMs >= 0;
    this.#skewMs = fits ? 0 : Math.round((leastSkewMs + mostSkewMs) / 2);
    if (Math.abs(this.#skewMs - this.#reportedSkewMs) <= notableSkewMs) return;
    this.#reportedSkewMs = this.#skewMs;
    this.#onSkew(this.#skewMs);
  }
}
