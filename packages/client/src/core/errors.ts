export interface ValetKeyErrorOptions {
  code: string;
  retryable?: boolean | undefined;
  field?: string | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** Every failure of this package. `message` is for people, and `code` is for programs. */
export class ValetKeyError extends Error {
  override readonly name: string = "ValetKeyError";
  /** A code of the server (docs/errors.md), or NETWORK, ABORTED, FILE_CHANGED or STORE_REFUSED. */
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The path of the argument at fault, if there is one. */
  readonly field: string | undefined;
  /** How long the server asked to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { code, retryable = false, field, retryAfterMs, cause }: ValetKeyErrorOptions,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    this.field = field;
    this.retryAfterMs = retryAfterMs;
  }
}

export function abortedError(): ValetKeyError {
  return new ValetKeyError("The operation was aborted.", { code: "ABORTED" });
}

/** For arguments of callers without types. */
export function badInput(message: string, cause?: unknown): ValetKeyError {
  return new ValetKeyError(message, { code: "BAD_USER_INPUT", cause });
}

/** Responses are checked, so a TypeError comes from arguments of callers without types. */
export function toMisuse(thrown: unknown): ValetKeyError {
  if (!(thrown instanceof TypeError)) return toValetKeyError(thrown);
  return badInput(`An argument is not of its type: ${thrown.message}`, thrown);
}

/** For a response in which something is missing that was asked for. */
export function incompleteResponse(): ValetKeyError {
  return new ValetKeyError("The response of the server is incomplete.", { code: "NETWORK" });
}

/** For a file that can no longer be read, or no longer has the bytes that it had. */
export function fileChangedError(cause?: unknown): ValetKeyError {
  const message = "The file has changed or was removed. Choose it again.";
  return new ValetKeyError(message, { code: "FILE_CHANGED", cause });
}

/** Converts anything that was thrown. An unexpected error is not retryable, because repeating it would not help. */
export function toValetKeyError(thrown: unknown): ValetKeyError {
  if (thrown instanceof ValetKeyError) return thrown;
  if ((thrown as Error | undefined)?.name === "AbortError") return abortedError();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ValetKeyError(message, { code: "INTERNAL_ERROR", cause: thrown });
}
