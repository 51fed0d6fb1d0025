/** Pseudo-random numbers and choices, by mulberry32. The same seed gives the same ones. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** An integer from 0 to 2³² - 1. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** An integer from 0 to below `limit`, or 0 if `limit` is 0. */
  below(limit: number): number {
    const number = this.#next();
    return limit === 0 ? 0 : number % limit;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }

  /** Whether something happens that has this probability. */
  chance(probability: number): boolean {
    return this.#next() < probability * 2 ** 32;
  }

  /** An integer between two limits. Each order of magnitude is as likely as the others. */
  magnitude(min: number, max: number): number {
    return Math.round(min * (max / min) ** (this.#next() / 2 ** 32));
  }
}
