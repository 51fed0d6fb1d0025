import type { ErrorCode } from "../../src/core/errors.ts";

/** The first error of a response, as a client sees it. */
export class GraphQLFailure extends Error {
  override readonly name = "GraphQLFailure";
  readonly code: ErrorCode | undefined;
  readonly retryable: boolean | undefined;
  readonly field: string | undefined;
  readonly status: number;

  constructor(status: number, error: GraphQLErrorJson) {
    super(error.message);
    this.status = status;
    this.code = error.extensions?.code;
    this.retryable = error.extensions?.retryable;
    this.field = error.extensions?.field;
  }
}

interface GraphQLErrorJson {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code: ErrorCode; readonly retryable: boolean; readonly field?: string };
}

export interface GraphQLResponse<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: Data | null;
  readonly errors?: readonly GraphQLErrorJson[];
}

export type Variables = Readonly<Record<string, unknown>>;

/**
 * `TEST_PREPARED=on` sends each document once more, before its operation, with variables that are refused before anything
 * is executed. The server knows the document then, and executes the operation as a prepared one.
 */
const preparesDocuments = process.env.TEST_PREPARED === "on";
const refused: Variables = { ["n".repeat(200)]: null };

/** Speaks GraphQL over HTTP to one server, as one caller. */
export class GraphQLClient {
  /** Of the server, without a path. */
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url;
    this.#headers = headers;
  }

  /** The same server with a bearer token. */
  as(token: string): GraphQLClient {
    return new GraphQLClient(this.url, { ...this.#headers, authorization: `Bearer ${token}` });
  }

  /** Sends `body` as it is. */
  async post<Data>(body: string | FormData, headers: Record<string, string>): Promise<GraphQLResponse<Data>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: "POST",
      body,
      headers: { ...this.#headers, ...headers },
    });
    const json = (await response.json()) as Pick<GraphQLResponse<Data>, "data" | "errors">;
    return { status: response.status, headers: response.headers, ...json };
  }

  async request<Data>(query: string, variables: Variables = {}): Promise<GraphQLResponse<Data>> {
    const headers = { "content-type": "application/json" };
    if (preparesDocuments) await this.#prepare(query, headers);
    return this.post(JSON.stringify({ query, variables }), headers);
  }

  /** The request belongs to no trace, so that those of a test have only what the test does. */
  async #prepare(query: string, headers: Record<string, string>): Promise<void> {
    const { traceparent: _, ...others } = this.#headers;
    await new GraphQLClient(this.url, others).post(JSON.stringify({ query, variables: refused }), headers);
  }

  /** @throws {GraphQLFailure} when the response has an error */
  async data<Data>(query: string, variables: Variables = {}): Promise<Data> {
    return dataOf(await this.request<Data>(query, variables));
  }

  /**
   * A GraphQL multipart request with one file, `variables.file`.
   * https://github.com/jaydenseric/graphql-multipart-request-spec
   * @throws {GraphQLFailure} when the response has an error
   */
  async dataWithFile<Data>(query: string, variables: Variables, file: Blob): Promise<Data> {
    const form = new FormData();
    form.set("operations", JSON.stringify({ query, variables: { ...variables, file: null } }));
    form.set("map", JSON.stringify({ 0: ["variables.file"] }));
    form.set("0", file);
    return dataOf(await this.post<Data>(form, { "apollo-require-preflight": "true" }));
  }
}

/** @throws {GraphQLFailure} when the response has an error */
export function dataOf<Data>(response: Omit<GraphQLResponse<Data>, "headers">): Data {
  const [error] = response.errors ?? [];
  if (error !== undefined) throw new GraphQLFailure(response.status, error);
  if (response.data === undefined || response.data === null)
    throw new Error("A response without data or errors.");
  return response.data;
}

/**
 * Repeats a call while the server is overloaded. On a busy machine, its event loop may be late, and it then refuses a
 * client's fifth operation at once.
 */
export async function untilServed<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof GraphQLFailure) || error.code !== "OVERLOADED") throw error;
    }
  }
}
