/** The code of an error. docs/errors.md says what to do about each. */
export type ErrorCode =
  | "BAD_USER_INPUT"
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "BUCKET_NOT_FOUND"
  | "OBJECT_NOT_FOUND"
  | "OBJECT_ARCHIVED"
  | "UPLOAD_NOT_FOUND"
  | "OBJECT_EXISTS"
  | "UPLOAD_TOO_LARGE"
  | "CONTENT_TYPE_NOT_ALLOWED"
  | "UPLOAD_INCOMPLETE"
  | "CHECKSUM_MISMATCH"
  | "UPLOAD_MISMATCH"
  | "CREDENTIALS_UNAVAILABLE"
  | "STORAGE_UNAVAILABLE"
  | "RATE_LIMITED"
  | "OVERLOADED"
  | "TIMEOUT"
  | "INTERNAL_SERVER_ERROR";

/**
 * The stable error codes of the public API, each with whether the same request may succeed later
 * and the HTTP status of a response that contains only this error.
 */
export const errorCodes: Readonly<Record<ErrorCode, { retryable: boolean; status: number }>> = {
  BAD_USER_INPUT: { retryable: false, status: 200 },
  UNAUTHENTICATED: { retryable: false, status: 401 },
  FORBIDDEN: { retryable: false, status: 200 },
  BUCKET_NOT_FOUND: { retryable: false, status: 200 },
  OBJECT_NOT_FOUND: { retryable: false, status: 200 },
  OBJECT_ARCHIVED: { retryable: false, status: 200 },
  UPLOAD_NOT_FOUND: { retryable: false, status: 200 },
  OBJECT_EXISTS: { retryable: false, status: 200 },
  UPLOAD_TOO_LARGE: { retryable: false, status: 200 },
  CONTENT_TYPE_NOT_ALLOWED: { retryable: false, status: 200 },
  UPLOAD_INCOMPLETE: { retryable: true, status: 200 },
  CHECKSUM_MISMATCH: { retryable: true, status: 200 },
  UPLOAD_MISMATCH: { retryable: false, status: 200 },
  CREDENTIALS_UNAVAILABLE: { retryable: true, status: 200 },
  STORAGE_UNAVAILABLE: { retryable: true, status: 200 },
  RATE_LIMITED: { retryable: true, status: 429 },
  OVERLOADED: { retryable: true, status: 503 },
  TIMEOUT: { retryable: true, status: 200 },
  INTERNAL_SERVER_ERROR: { retryable: false, status: 500 },
};

/** What is known of an error beside its code and message. */
export interface ValetKeyErrorOptions {
  /** The argument at fault, as a path of the GraphQL field's arguments: `key`, `input.checksum.value`. */
  field?: string | undefined;
  /** Default: that of the code. */
  retryable?: boolean | undefined;
  /** The original error. It is logged and never sent to a client. */
  cause?: unknown;
  /** A more precise reason for the log. It is a fixed text that contains nothing of the request. */
  reason?: string | undefined;
}

/**
 * An error that clients see. `message` is public: it contains no ARN, account number, credential, stack or path.
 * Anything that must not leave the server belongs in `cause`.
 */
export class ValetKeyError extends Error {
  override readonly name = "ValetKeyError";
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The argument at fault, such as `key` or `input.checksum.value`. */
  readonly field: string | undefined;
  /** A more precise reason for the log, which clients do not see. */
  readonly reason: string | undefined;

  constructor(code: ErrorCode, message: string, options: ValetKeyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    this.field = options.field;
    this.reason = options.reason;
  }
}

/** The hook `onObjectStored` has failed. Its error is logged, and clients only learn that the object is stored. */
export class ObjectStoredHookFailure extends ValetKeyError {
  constructor(cause: unknown) {
    super("INTERNAL_SERVER_ERROR", "The object is stored, but the server could not process it. Try again.", {
      retryable: true,
      cause,
    });
  }
}

export function badUserInput(field: string, message: string): ValetKeyError {
  return new ValetKeyError("BAD_USER_INPUT", message, { field });
}

const serviceFailureCodes: ReadonlySet<ErrorCode> = new Set([
  "CREDENTIALS_UNAVAILABLE",
  "STORAGE_UNAVAILABLE",
  "OVERLOADED",
  "TIMEOUT",
]);

/** Whether S3, STS or this server has failed, and not the request. Such errors are logged with their stack. */
export function isServiceFailure(error: unknown): boolean {
  return error instanceof ValetKeyError && serviceFailureCodes.has(error.code);
}
