import { type ErrorCode, ValetKeyError, type ValetKeyErrorOptions } from "../../core/errors.ts";

const messages = {
  BUCKET_NOT_FOUND: "There is no such bucket.",
  OBJECT_NOT_FOUND: "There is no such object.",
  OBJECT_ARCHIVED:
    "The object is archived, in a storage class such as GLACIER. It has to be restored in AWS before it can be read.",
  UPLOAD_NOT_FOUND: "There is no such upload. It was completed or aborted, or it never existed.",
  OBJECT_EXISTS: "There is already an object with this key.",
  FORBIDDEN: "S3 does not allow this.",
  UPLOAD_TOO_LARGE: "The file is larger than S3 accepts.",
  UPLOAD_INCOMPLETE: "The bytes did not arrive completely, and nothing was stored.",
  CHECKSUM_MISMATCH: "The bytes do not have the expected checksum, and nothing was stored.",
  CREDENTIALS_UNAVAILABLE: "The credentials for S3 are no longer valid.",
  STORAGE_UNAVAILABLE: "S3 cannot be reached or is too busy.",
  TIMEOUT: "The request was cancelled.",
  INTERNAL_SERVER_ERROR: "Internal server error.",
  BAD_USER_INPUT: "S3 does not accept this value.",
} satisfies Partial<Record<ErrorCode, string>>;

export type StorageErrorCode = keyof typeof messages;

/** An error with the default message of its code. `field` is only kept if the code is about an argument. */
export function storageError(code: StorageErrorCode, options: ValetKeyErrorOptions = {}): ValetKeyError {
  return new ValetKeyError(code, messages[code], {
    cause: options.cause,
    field: code === "BAD_USER_INPUT" ? options.field : undefined,
  });
}

/**
 * The bucket is in another region than the one that was called. To a client that may not name that region, the bucket
 * does not exist.
 */
export class BucketInOtherRegion extends ValetKeyError {
  /** The region according to S3. Undefined if S3 did not name it. */
  readonly region: string | undefined;

  constructor(region: string | undefined, cause: unknown) {
    super("BUCKET_NOT_FOUND", messages.BUCKET_NOT_FOUND, { cause });
    this.region = region;
  }
}
