import { ValetKeyError } from "./errors.ts";

export interface GraphQLErrorJson {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly retryable?: boolean; readonly field?: string };
}

export interface GraphQLResponse<Result> {
  readonly data: Result | null | undefined;
  readonly errors: readonly FieldError[];
}

/** An error of a response, with the place in the response that it belongs to. */
export interface FieldError {
  readonly path: readonly (string | number)[];
  readonly error: ValetKeyError;
}

/** @throws {ValetKeyError} if the response is not GraphQL */
export async function readResponse<Result>(response: Response): Promise<GraphQLResponse<Result>> {
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"));
  const json = parseJson(await response.text());
  if (json === undefined) throw notGraphQL(response, retryAfterMs);
  const errors = (json.errors ?? []).map(({ message, path = [], extensions = {} }) => {
    const { code = codeOfStatus(response.status) ?? "INTERNAL_SERVER_ERROR", retryable, field } = extensions;
    return { path, error: new ValetKeyError(message, { code, retryable, field, retryAfterMs }) };
  });
  return { data: json.data as Result | null | undefined, errors };
}

interface GraphQLJson {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLErrorJson[];
}

function parseJson(text: string): GraphQLJson | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const isResponse = typeof json === "object" && json !== null && ("data" in json || "errors" in json);
    return isResponse ? (json as GraphQLJson) : undefined;
  } catch {
    return undefined;
  }
}

/** Of a response that a proxy made, or that comes from something else than the server. */
function notGraphQL({ status, url }: Response, retryAfterMs: number | undefined): ValetKeyError {
  const code = codeOfStatus(status);
  if (code === undefined) {
    const message = `The response is not GraphQL (HTTP status ${status}). Is ${url} the server's endpoint?`;
    return new ValetKeyError(message, { code: "NETWORK" });
  }
  const retryable = status === 408 || status === 429 || status >= 500;
  return new ValetKeyError(`The server, or a proxy in front of it, responded with HTTP status ${status}.`, {
    code,
    retryable,
    retryAfterMs,
  });
}

function codeOfStatus(status: number): string | undefined {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "FORBIDDEN";
    case 408:
    case 504:
      return "TIMEOUT";
    case 413:
      return "BAD_USER_INPUT";
    case 429:
      return "RATE_LIMITED";
    case 502:
      return "NETWORK";
    case 503:
      return "OVERLOADED";
  }
  return status >= 500 ? "INTERNAL_SERVER_ERROR" : undefined;
}

/** The header is a number of seconds or a date. */
export function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/**
 * The error of one item of a batch.
 *
 * @param offset how many items there were before the batch: the error's field counts them too
 */
export function errorAt(
  errors: readonly FieldError[],
  field: string,
  index: number,
  offset: number,
): ValetKeyError {
  const own = errors.find(({ path }) => path[0] === field && path[1] === index)?.error;
  if (own === undefined) {
    return new ValetKeyError("The server returned nothing for this item.", { code: "NETWORK" });
  }
  return new ValetKeyError(own.message, {
    ...own,
    field: own.field?.replace(/^objects\.\d+/, `objects.${offset + index}`),
  });
}
