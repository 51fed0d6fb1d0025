import { toValetKeyError, ValetKeyError } from "./errors.ts";

export type TokenOption = string | (() => string | undefined | Promise<string | undefined>) | undefined;

/** The caller's bearer token. A function is called once for all requests that wait for its result. */
export class TokenSource {
  readonly #option: TokenOption;
  #current: Promise<string | undefined> | undefined;

  constructor(option: TokenOption) {
    this.#option = option;
  }

  /** The same promise until `renew` is called. */
  get(): Promise<string | undefined> {
    if (this.#current !== undefined) return this.#current;
    const asked = this.#ask();
    this.#current = asked;
    // A failure is only for those that wait for it already.
    asked.catch(() => this.renew(asked));
    return asked;
  }

  /**
   * Whether a request that failed with UNAUTHENTICATED should be sent again with the result of `get`.
   *
   * @param used what `get` had returned for that request
   */
  renew(used: Promise<string | undefined>): boolean {
    if (typeof this.#option !== "function") return false;
    // Otherwise another request has renewed it already.
    if (this.#current === used) this.#current = undefined;
    return true;
  }

  async #ask(): Promise<string | undefined> {
    const option = this.#option;
    if (typeof option !== "function") return option;
    try {
      return await option();
    } catch (thrown) {
      if (thrown instanceof ValetKeyError) throw thrown;
      const { message } = toValetKeyError(thrown);
      throw new ValetKeyError(`The function \`token\` failed: ${message}`, {
        code: "UNAUTHENTICATED",
        cause: thrown,
      });
    }
  }
}
