import type { Operation } from "../generated/strings.ts";
import { type Clock, systemClock } from "./clock.ts";
import { abortedError, badInput, toValetKeyError, ValetKeyError } from "./errors.ts";
import { type Decoded, textOf } from "./operation.ts";
import { type FieldError, type GraphQLResponse, readResponse } from "./response.ts";
import { pauseAfter, type RetryPolicy, requestPolicy } from "./retry.ts";
import { type TokenOption, TokenSource } from "./token.ts";

/** As `fetch` takes it. Projects for Node do not have the DOM's name for it. */
export type Credentials = "include" | "omit" | "same-origin";

export interface TransportOptions {
  readonly url: string | URL;
  readonly token?: TokenOption;
  readonly credentials?: Credentials | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** The signal only ends the wait for the token. A request that was sent ends with its response. */
  readonly untilSent?: boolean | undefined;
  /** Default: two minutes, without the wait for the token. */
  readonly timeoutMs?: number;
  /** Default: that of single requests. */
  readonly retryPolicy?: RetryPolicy;
}

/** Sends operations to the server. Repeats those that fail with a retryable error, so they have to be idempotent. */
export class Transport {
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly #url: string;
  readonly #token: TokenSource;
  readonly #credentials: Credentials;

  constructor(
    { url, token, credentials = "same-origin", fetch }: TransportOptions,
    clock: Clock = systemClock,
  ) {
    this.clock = clock;
    // Looked up for each request: programs replace the global one to observe or to test.
    this.fetch = fetch ?? ((...request) => globalThis.fetch(...request));
    this.#url = String(url);
    this.#token = new TokenSource(token);
    this.#credentials = credentials;
  }

  /**
   * Errors below a field of the operation leave the field itself. They are ignored: a caller may be allowed to store an
   * object, but not to read its content type.
   *
   * @throws {ValetKeyError} the first error of the response
   */
  async request<Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: Variables,
    options: RequestOptions = {},
  ): Promise<Decoded<Result>> {
    return (await this.requestBatch(operation, variables, options)).data;
  }

  /**
   * For lists whose items fail one by one. If it fails because of the token, it is sent once more with a new one.
   *
   * @throws {ValetKeyError} the first error of the operation's own field
   */
  async requestBatch<Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: Variables,
    options: RequestOptions = {},
  ): Promise<{ data: Decoded<Result>; errors: readonly FieldError[] }> {
    const { signal, retryPolicy = requestPolicy } = options;
    let mayRenew = this.#token.isRenewable;
    for (let failures = 1; ; ) {
      const used = this.#token.get();
      try {
        if (signal?.aborted) throw abortedError();
        const { data, errors } = await this.#send<Result>(operation, variables, options, used);
        const isFailure = ({ path, error }: FieldError) =>
          (data as Fields | undefined)?.[path[0] ?? ""] == null || (mayRenew && isRefused(error));
        const failed = errors.find(isFailure);
        if (failed === undefined) return { data: data as Decoded<Result>, errors };
        throw failed.error;
      } catch (thrown) {
        const error = toValetKeyError(thrown);
        if (mayRenew && isRefused(error)) {
          mayRenew = false;
          this.#token.renew(used);
        } else {
          const pauseMs = pauseAfter(error, failures++, retryPolicy);
          if (pauseMs === undefined) throw error;
          await this.clock.sleep(pauseMs, signal);
        }
      }
    }
  }

  async #send<Result>(
    operation: string,
    variables: unknown,
    { signal, untilSent, timeoutMs = 120_000 }: RequestOptions,
    asked: Promise<string | undefined>,
  ): Promise<GraphQLResponse<Result>> {
    const headers: Record<string, string> = {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
    };
    // The application's function may take long.
    const aborted = new Promise<never>((_, reject) =>
      signal?.addEventListener("abort", () => reject(abortedError())),
    );
    const token = await Promise.race([asked, aborted]);
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    const timeout = AbortSignal.timeout(timeoutMs);
    const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const response = await this.fetch(this.#url, {
        method: "POST",
        headers,
        body: JSON.stringify({ query: textOf(operation), variables }),
        credentials: this.#credentials,
        signal: untilSent ? timeout : ended,
      });
      return await readResponse<Result>(operation, response);
    } catch (thrown) {
      if (thrown instanceof ValetKeyError) throw thrown;
      if (signal?.aborted) throw abortedError();
      if (!URL.canParse(this.#url, globalThis.location?.href)) {
        throw badInput(`\`url\` is not a URL: ${this.#url}`);
      }
      throw new ValetKeyError(`The server at ${this.#url} cannot be reached, or does not respond.`, {
        code: "NETWORK",
        retryable: true,
        cause: thrown,
      });
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Whether another token may help. If the server could not check the token, the same one may help later. */
function isRefused({ code, retryable }: ValetKeyError): boolean {
  return code === "UNAUTHENTICATED" && !retryable;
}
