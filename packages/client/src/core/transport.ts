import type { OperationString } from "../generated/strings.ts";
import { type Clock, systemClock } from "./clock.ts";
import { abortedError, ValetKeyError } from "./errors.ts";
import { type FieldError, type GraphQLResponse, readResponse } from "./response.ts";
import { type RetryPolicy, withRetries } from "./retry.ts";
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
  /** Default: two minutes, with the wait for the token. */
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
    operation: OperationString<Result, Variables>,
    variables: Variables,
    options: RequestOptions = {},
  ): Promise<Result> {
    return await withRetries(
      this.clock,
      async () => {
        const { data, errors } = await this.#authenticated(operation, variables, options);
        const failed = errors.find(({ path }) => !isPresent(data, path[0]));
        if (failed !== undefined) throw failed.error;
        return dataOf(data, errors);
      },
      options.signal,
      options.retryPolicy,
    );
  }

  /**
   * For lists whose items fail one by one.
   *
   * @throws {ValetKeyError} if there is no data
   */
  async requestBatch<Result, Variables>(
    operation: OperationString<Result, Variables>,
    variables: Variables,
    options: RequestOptions = {},
  ): Promise<{ data: Result; errors: readonly FieldError[] }> {
    return await withRetries(
      this.clock,
      async () => {
        const { data, errors } = await this.#authenticated(operation, variables, options);
        return { data: dataOf(data, errors), errors };
      },
      options.signal,
      options.retryPolicy,
    );
  }

  /** Sends the operation again, once, with a new token if it fails because of the token. */
  async #authenticated<Result, Variables>(
    operation: OperationString<Result, Variables>,
    variables: Variables,
    options: RequestOptions,
  ): Promise<GraphQLResponse<Result>> {
    const used = this.#token.get();
    const response = await this.#send<Result>(operation, variables, options, used).catch(asErrors);
    const wasRefused = response.errors.some(
      ({ error }) => error.code === "UNAUTHENTICATED" && !error.retryable,
    );
    if (!wasRefused || !this.#token.renew(used)) return response;
    return await this.#send<Result>(operation, variables, options, this.#token.get());
  }

  async #send<Result>(
    query: string,
    variables: unknown,
    { signal, untilSent, timeoutMs = 120_000 }: RequestOptions,
    asked: Promise<string | undefined>,
  ): Promise<GraphQLResponse<Result>> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers: Record<string, string> = {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
    };
    const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      // The application's function may never return.
      const aborted = new Promise<never>((_, reject) => ended.addEventListener("abort", reject));
      const token = await Promise.race([asked, aborted]);
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
      const response = await this.fetch(this.#url, {
        method: "POST",
        headers,
        body: JSON.stringify({ query, variables }),
        credentials: this.#credentials,
        signal: untilSent ? timeout : ended,
      });
      return await readResponse<Result>(response);
    } catch (thrown) {
      if (thrown instanceof ValetKeyError) throw thrown;
      if (signal?.aborted) throw abortedError();
      const reason = timeout.aborted ? "did not respond in time" : "cannot be reached";
      throw new ValetKeyError(`The server at ${this.#url} ${reason}.`, {
        code: "NETWORK",
        retryable: true,
        cause: thrown,
      });
    }
  }
}

/** Errors that ended the whole request, in the form of a response. */
function asErrors(thrown: unknown): GraphQLResponse<never> {
  if (thrown instanceof ValetKeyError && thrown.code === "UNAUTHENTICATED") {
    return { data: undefined, errors: [{ path: [], error: thrown }] };
  }
  throw thrown;
}

function dataOf<Result>(data: Result | null | undefined, errors: readonly FieldError[]): Result {
  if (data != null) return data;
  throw (
    errors[0]?.error ??
    new ValetKeyError("The response of the server has neither data nor errors.", { code: "NETWORK" })
  );
}

/** Whether the response has a value for this field of the operation. */
function isPresent(data: unknown, field: string | number | undefined): boolean {
  return (data as Record<string, unknown> | null | undefined)?.[field ?? ""] != null;
}
