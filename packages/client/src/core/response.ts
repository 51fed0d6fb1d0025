import { incompleteResponse, ValetKeyError } from "./errors.ts";
import { decode } from "./operation.ts";

export interface GraphQLErrorJson {
  readonly message: string;
  readonly path?: readonly (string | number)[] | null;
  readonly extensions?: {
    readonly code?: string;
    readonly retryable?: boolean;
    readonly field?: string;
  } | null;
}

export interface GraphQLResponse<Result> {
  /** Undefined only if there are errors. */
  readonly data: Result | undefined;
  readonly errors: readonly FieldError[];
}

/** An error of a response, with the place in the response that it belongs to. */
export interface FieldError {
  readonly path: readonly (string | number)[];
  readonly error: ValetKeyError;
}

/** @throws {ValetKeyError} if the response is not one of a Valet Key server */
export async function readResponse<Result>(
  operation: string,
  response: Response,
): Promise<GraphQLResponse<Result>> {
  const { status, url } = response;
  const text = await response.text();
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"));
  try {
    const { data, errors } = JSON.parse(text) as GraphQLJson;
    const found = (errors ?? []).map(({ message, path, extensions }) => {
      const { code = codeOfStatus(status) ?? "INTERNAL_SERVER_ERROR", retryable, field } = extensions ?? {};
      const options = { code: String(code), retryable: retryable === true, field, retryAfterMs };
      return { path: path ?? [], error: new ValetKeyError(message, options) };
    });
    decode(operation, data, found.length > 0);
    return { data: data as Result | undefined, errors: found };
  } catch (cause) {
    // A proxy made it, or it comes from something else than the server.
    const message = `The response, with HTTP status ${status}, is not one of a Valet Key server. Is ${url} its endpoint?`;
    const retryable = [408, 429].includes(status) || status >= 500;
    throw new ValetKeyError(message, {
      code: codeOfStatus(status) ?? "NETWORK",
      retryable,
      retryAfterMs,
      cause,
    });
  }
}

interface GraphQLJson {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLErrorJson[] | null;
}

const codes: Readonly<Record<number, string>> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  408: "TIMEOUT",
  413: "BAD_USER_INPUT",
  429: "RATE_LIMITED",
  502: "NETWORK",
  503: "OVERLOADED",
  504: "TIMEOUT",
};

function codeOfStatus(status: number): string | undefined {
  return codes[status] ?? (status >= 500 ? "INTERNAL_SERVER_ERROR" : undefined);
}

/** The header is a number of seconds or a date. */
export function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = Number(header) * 1000 || Date.parse(header) - Date.now();
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
  if (own === undefined) return incompleteResponse();
  return new ValetKeyError(own.message, {
    ...own,
    field: own.field?.replace(/^objects\.\d+/, `objects.${offset + index}`),
  });
}
