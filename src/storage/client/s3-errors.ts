import { type ErrorCode, ValetKeyError, type ValetKeyErrorOptions } from "../../core/errors.ts";

/** What was asked of S3, as far as it decides what a failure means. */
export interface StorageErrorContext {
  /** S3's name of the operation, for the log: `PutObject`. */
  readonly operation: string;
  /** What a 404 that gives no reason is about. */
  readonly subject?: "bucket" | "object" | "upload" | undefined;
  /** The version that was asked for: what S3 finds invalid is that. */
  readonly versionId?: string | undefined;
}

/** The bucket lives in another region than the one that was asked. To a caller who cannot follow, it is not there. */
export class BucketInOtherRegion extends ValetKeyError {
  /** As S3 names it; undefined when it did not say. */
  readonly region: string | undefined;

  constructor(region: string | undefined, cause: unknown) {
    super("BUCKET_NOT_FOUND", messages.BUCKET_NOT_FOUND, { cause });
    this.region = region;
  }
}

const messages = {
  BUCKET_NOT_FOUND: "There is no such bucket.",
  OBJECT_NOT_FOUND: "There is no such object.",
  UPLOAD_NOT_FOUND: "There is no such upload: it was completed, aborted or never begun.",
  OBJECT_EXISTS: "There is an object with this key already.",
  FORBIDDEN: "S3 does not allow this.",
  UPLOAD_TOO_LARGE: "This is larger than S3 takes.",
  UPLOAD_INCOMPLETE: "The bytes did not arrive whole; nothing was stored.",
  CHECKSUM_MISMATCH: "The bytes do not have the promised checksum; nothing was stored.",
  CREDENTIALS_UNAVAILABLE: "The credentials for S3 are no longer good.",
  STORAGE_UNAVAILABLE: "S3 cannot be reached or is too busy.",
  TIMEOUT: "The request was given up.",
  INTERNAL_SERVER_ERROR: "Internal server error.",
  BAD_USER_INPUT: "S3 does not take this value.",
} satisfies Partial<Record<ErrorCode, string>>;

type StorageErrorCode = keyof typeof messages;

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const codeOfS3Code: Readonly<Record<string, StorageErrorCode>> = {
  NoSuchBucket: "BUCKET_NOT_FOUND",
  NoSuchKey: "OBJECT_NOT_FOUND",
  NoSuchVersion: "OBJECT_NOT_FOUND",
  MethodNotAllowed: "OBJECT_NOT_FOUND", // what GET and HEAD answer to the version id of a delete marker
  NoSuchUpload: "UPLOAD_NOT_FOUND",
  PreconditionFailed: "OBJECT_EXISTS",
  AccessDenied: "FORBIDDEN",
  AllAccessDisabled: "FORBIDDEN",
  InvalidObjectState: "FORBIDDEN",
  EntityTooLarge: "UPLOAD_TOO_LARGE",
  EntityTooSmall: "UPLOAD_INCOMPLETE",
  IncompleteBody: "UPLOAD_INCOMPLETE",
  InvalidPart: "UPLOAD_INCOMPLETE",
  InvalidPartOrder: "UPLOAD_INCOMPLETE",
  BadDigest: "CHECKSUM_MISMATCH",
  InvalidDigest: "CHECKSUM_MISMATCH",
  XAmzContentSHA256Mismatch: "CHECKSUM_MISMATCH",
  ExpiredToken: "CREDENTIALS_UNAVAILABLE",
  InvalidToken: "CREDENTIALS_UNAVAILABLE",
  InvalidAccessKeyId: "CREDENTIALS_UNAVAILABLE",
  RequestExpired: "CREDENTIALS_UNAVAILABLE",
  RequestTimeTooSkewed: "CREDENTIALS_UNAVAILABLE",
  SignatureDoesNotMatch: "CREDENTIALS_UNAVAILABLE",
  TokenRefreshRequired: "CREDENTIALS_UNAVAILABLE",
  CredentialsProviderError: "CREDENTIALS_UNAVAILABLE",
  ConditionalRequestConflict: "STORAGE_UNAVAILABLE", // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  OperationAborted: "STORAGE_UNAVAILABLE",
  InternalError: "STORAGE_UNAVAILABLE",
  InsufficientStorage: "INTERNAL_SERVER_ERROR", // the embedded store's, with 507: to try again does not help
  RequestTimeout: "STORAGE_UNAVAILABLE",
  ServiceUnavailable: "STORAGE_UNAVAILABLE",
  SlowDown: "STORAGE_UNAVAILABLE",
  Throttling: "STORAGE_UNAVAILABLE",
  ThrottlingException: "STORAGE_UNAVAILABLE",
  TimeoutError: "STORAGE_UNAVAILABLE",
  AbortError: "TIMEOUT",
  InvalidTag: "BAD_USER_INPUT",
  InvalidBucketName: "BAD_USER_INPUT",
  KeyTooLongError: "BAD_USER_INPUT",
  InvalidObjectName: "BAD_USER_INPUT",
  MetadataTooLarge: "BAD_USER_INPUT",
};

const argumentOfS3Code: Readonly<Record<string, string>> = {
  InvalidTag: "tags",
  MetadataTooLarge: "metadata",
  InvalidBucketName: "bucket",
  KeyTooLongError: "key",
  InvalidObjectName: "key",
};

const regionCodes = new Set(["PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"]);

/** Node's and the SDK's names for a connection that failed. */
const connectionCode =
  /^(?:E(?:CONN|HOST|NET|PIPE|ADDR|TIMEDOUT|NOTFOUND|AI_)|ERR_(?:SSL|TLS|SOCKET|STREAM)|HPE_|CERT_)/;

/**
 * What a failed call to S3 means to a client: the contract's code, with S3's own words in `cause` only.
 * Errors that are the server's already are returned as they are.
 */
export function toStorageError(error: unknown, context: StorageErrorContext): ValetKeyError {
  if (error instanceof ValetKeyError) return error;
  const failure = describeFailure(error);
  if (isRedirect(failure)) return new BucketInOtherRegion(failure.region, error);
  if (isImpossibleVersion(failure.s3Code, context)) return impossibleVersion(error);
  return storageError(codeOfFailure(failure, context), {
    field: argumentOfS3Code[failure.s3Code],
    cause: error,
  });
}

/** The same for one item of an answer that holds many, such as DeleteObjects'. */
export function storageErrorOfS3Code(
  s3Code: string,
  cause: unknown,
  context: Pick<StorageErrorContext, "versionId"> = {},
): ValetKeyError {
  if (isImpossibleVersion(s3Code, context)) return impossibleVersion(cause);
  return storageError(codeOfS3Code[s3Code] ?? "INTERNAL_SERVER_ERROR", {
    field: argumentOfS3Code[s3Code],
    cause,
  });
}

function isImpossibleVersion(s3Code: string, { versionId }: Pick<StorageErrorContext, "versionId">): boolean {
  return versionId !== undefined && s3Code === "InvalidArgument";
}

function impossibleVersion(cause: unknown): ValetKeyError {
  return new ValetKeyError("BAD_USER_INPUT", "Not the id of a version.", { field: "versionId", cause });
}

/** An error with the code's usual message. `field` is kept where the code is about an argument. */
export function storageError(code: StorageErrorCode, options: ValetKeyErrorOptions = {}): ValetKeyError {
  const aboutArgument = code === "BAD_USER_INPUT";
  return new ValetKeyError(code, messages[code], {
    cause: options.cause,
    field: aboutArgument ? options.field : undefined,
  });
}

/** Awaits a call to S3; rejects with a ValetKeyError. */
export async function asking<T>(context: StorageErrorContext, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toStorageError(error, context);
  }
}

/** What the SDK's errors tell, whichever of its ways they tell it in. */
export interface S3Failure {
  /** S3's error code, or the SDK's or Node's name for the failure; "" when there is none. */
  readonly s3Code: string;
  /** Undefined when no answer came. */
  readonly httpStatus: number | undefined;
  /** S3's words. Not for clients. */
  readonly message: string;
  /** The bucket's region, when S3 names it. */
  readonly region: string | undefined;
  /** Of a failed precondition: which one, when S3 names it. */
  readonly condition: string | undefined;
  /** Node's code of a failed connection. */
  readonly connectionCode: string | undefined;
  /** Requests that were sent, retries included. */
  readonly attempts: number;
}

export function describeFailure(error: unknown): S3Failure {
  const fault: Record<string, unknown> = typeof error === "object" && error !== null ? { ...error } : {};
  const metadata = record(fault.$metadata);
  const response = record(
    typeof error === "object" && error !== null && "$response" in error ? error.$response : undefined,
  );
  const headers = record(response.headers);
  const name = error instanceof Error ? error.name : "";
  const region = headers["x-amz-bucket-region"] ?? fault.Region;
  return {
    s3Code: text(fault.Code) ?? name,
    httpStatus: number(metadata.httpStatusCode) ?? number(response.statusCode),
    message: error instanceof Error ? error.message : String(error),
    region: text(region),
    condition: text(fault.Condition),
    connectionCode: text(fault.code),
    attempts: number(metadata.attempts) ?? 1,
  };
}

function isRedirect({ s3Code, httpStatus, region }: S3Failure): boolean {
  if (s3Code === "AuthorizationHeaderMalformed") return region !== undefined;
  return regionCodes.has(s3Code) || httpStatus === 301 || httpStatus === 307;
}

function codeOfFailure(failure: S3Failure, { subject }: StorageErrorContext): StorageErrorCode {
  const { s3Code, httpStatus } = failure;
  // Ceph says NoSuchKey of an upload that is gone.
  if (subject === "upload" && httpStatus === 404 && s3Code !== "NoSuchBucket") return "UPLOAD_NOT_FOUND";
  const known = codeOfS3Code[s3Code];
  if (known !== undefined) return known;
  if (failure.connectionCode !== undefined && connectionCode.test(failure.connectionCode)) {
    return "STORAGE_UNAVAILABLE";
  }
  // 507 is Insufficient Storage, which another try does not mend.
  if (httpStatus === undefined || httpStatus === 507) return "INTERNAL_SERVER_ERROR";
  // An answer of success that cannot be read is no success.
  if (httpStatus < 300 || httpStatus >= 500 || httpStatus === 429) return "STORAGE_UNAVAILABLE";
  if (httpStatus === 404 && subject !== undefined) return notFound[subject];
  return codeOfStatus[httpStatus] ?? "INTERNAL_SERVER_ERROR";
}

const notFound = {
  bucket: "BUCKET_NOT_FOUND",
  object: "OBJECT_NOT_FOUND",
  upload: "UPLOAD_NOT_FOUND",
} as const;

/** Answers without a body, HEAD's above all, have no other reason than their status. */
const codeOfStatus: Readonly<Record<number, StorageErrorCode>> = {
  401: "CREDENTIALS_UNAVAILABLE",
  403: "FORBIDDEN",
  405: "OBJECT_NOT_FOUND",
  408: "STORAGE_UNAVAILABLE",
  409: "STORAGE_UNAVAILABLE",
  412: "OBJECT_EXISTS",
  413: "UPLOAD_TOO_LARGE",
};

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
