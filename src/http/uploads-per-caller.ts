import { ValetKeyError } from "../core/errors.ts";

/** Many more than a browser opens connections, or a script uploads at once. */
const defaultMax = 256;

/** Limits how many forms with files one caller sends at the same time. Other callers are not affected. */
export class UploadsPerCaller {
  readonly #inFlight = new Map<string, number>();
  readonly #max: number;

  constructor(max = defaultMax) {
    this.#max = max;
  }

  /**
   * Call this before the form is read.
   * @returns a function to call once, when the form's response has been sent or its connection is lost
   * @throws {ValetKeyError} RATE_LIMITED
   */
  start(caller: string): () => void {
    const count = this.#inFlight.get(caller) ?? 0;
    if (count >= this.#max) {
      throw new ValetKeyError(
        "RATE_LIMITED",
        `You send ${this.#max} forms with files already. Wait until one of them has ended.`,
      );
    }
    this.#inFlight.set(caller, count + 1);
    return () => {
      const left = (this.#inFlight.get(caller) ?? 1) - 1;
      if (left === 0) this.#inFlight.delete(caller);
      else this.#inFlight.set(caller, left);
    };
  }
}
