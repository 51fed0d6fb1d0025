import { toValetKeyError, ValetKeyError } from "./errors.ts";

export type TokenOption = string | (() => string | undefined | Promise<string | undefined>) | undefined;

/** How long a function may take: users may have to sign in. */
const timeoutMs = 120_000;
const hung = "The function `token` has not returned within two minutes.";

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

  /** Whether `get` may return another token after `renew`. */
  get isRenewable(): boolean {
    return typeof this.#option === "function";
  }

  /** @param used what `get` had returned for a request that failed with UNAUTHENTICATED */
  renew(used: Promise<string | undefined>): void {
    // Otherwise another request has renewed it already.
    if (this.#current === used) this.#current = undefined;
  }

  async #ask(): Promise<string | undefined> {
    const option = this.#option;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const token = await Promise.race([
        typeof option === "function" ? option() : option,
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new ValetKeyError(hung, { code: "TIMEOUT" })), timeoutMs);
        }),
      ]);
      if (token === undefined || (typeof token === "string" && /^[ -~]*$/.test(token))) return token;
      throw new TypeError("It has to be a string of printable ASCII.");
    } catch (thrown) {
      if (thrown instanceof ValetKeyError) throw thrown;
      const { message } = toValetKeyError(thrown);
      throw new ValetKeyError(`There is no token to send: ${message}`, {
        code: "UNAUTHENTICATED",
        cause: thrown,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}
