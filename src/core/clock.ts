/** Milliseconds since 1970 by AWS's clock: this machine's clock plus the observed skew. */
export type Clock = () => number;

/** Larger skews are reported. AWS refuses signatures that are more than 15 minutes off. */
const notableSkewMs = 5_000;

/**
 * This machine's clock, corrected by the dates in AWS's responses. A URL that is signed with a clock that is
 * an hour fast does not work for an hour, and one that is signed with a slow clock expires early.
 */
export class SkewCorrectedClock {
  /** AWS's time, as far as it is known. This is a bound function, so that it can be passed as a `Clock`. */
  readonly now: Clock;
  readonly #machine: Clock;
  readonly #onSkew: (skewMs: number) => void;
  #skewMs = 0;
  #reportedSkewMs = 0;

  /** @param onSkew is called when the skew has changed by more than 5 s */
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
   * Updates the skew from a Date header. The header names a whole second, and the response was written at some moment
   * between the two machine times. If the machine's clock is consistent with that, the skew is zero.
   */
  observe(dateHeader: string | undefined, sentAtMs: number, receivedAtMs: number): void {
    const dateMs = Date.parse(dateHeader ?? "");
    if (Number.isNaN(dateMs)) return;
    const minSkewMs = dateMs - receivedAtMs;
    const maxSkewMs = dateMs + 1_000 - sentAtMs;
    const fits = minSkewMs <= 0 && maxSkewMs >= 0;
    this.#skewMs = fits ? 0 : Math.round((minSkewMs + maxSkewMs) / 2);
    if (Math.abs(this.#skewMs - this.#reportedSkewMs) <= notableSkewMs) return;
    this.#reportedSkewMs = this.#skewMs;
    this.#onSkew(this.#skewMs);
  }
}
