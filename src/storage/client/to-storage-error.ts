import { ValetKeyError } from "../../core/errors.ts";
import { argumentOfS3Code, codeOfS3Code, codeOfStatus } from "./s3-error-codes.ts";
import { describeFailure, type S3Failure } from "./s3-failure.ts";
import { BucketInOtherRegion, type StorageErrorCode, storageError } from "./storage-error.ts";

/** The part of a request that decides what its failure means. */
export interface StorageErrorContext {
  /** S3's name of the operation, such as `PutObject`. */
  readonly operation: string;
  /** The thing that does not exist if a 404 gives no reason. */
  readonly subject?: "bucket" | "object" | "upload" | undefined;
  /** The version that was requested. If it is given, an InvalidArgument is about it. */
  readonly versionId?: string | undefined;
}

/**
 * Converts the failure of a call to S3 into an error of the API. S3's own message is only in its `cause`. A
 * ValetKeyError is returned unchanged.
 */
export function toStorageError(error: unknown, context: StorageErrorContext): ValetKeyError {
  if (error instanceof ValetKeyError) return error;
  const failure = describeFailure(error);
  if (isRedirect(failure)) return new BucketInOtherRegion(failure.region, error);
  if (isImpossibleVersion(failure.name, context)) return impossibleVersion(error);
  return storageError(codeOfFailure(failure, context), {
    field: argumentOfS3Code.get(failure.name),
    cause: error,
  });
}

/** The same for one item of a response with several, such as that of DeleteObjects. */
export function storageErrorOfS3Code(
  s3Code: string,
  cause: unknown,
  context: Pick<StorageErrorContext, "versionId"> = {},
): ValetKeyError {
  if (isImpossibleVersion(s3Code, context)) return impossibleVersion(cause);
  return storageError(codeOfS3Code.get(s3Code) ?? "INTERNAL_SERVER_ERROR", {
    field: argumentOfS3Code.get(s3Code),
    cause,
  });
}

/** Awaits a call to S3. Rejects with a ValetKeyError. */
export async function withStorageErrors<T>(context: StorageErrorContext, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toStorageError(error, context);
  }
}

function isImpossibleVersion(s3Code: string, { versionId }: Pick<StorageErrorContext, "versionId">): boolean {
  return versionId !== undefined && s3Code === "InvalidArgument";
}

function impossibleVersion(cause: unknown): ValetKeyError {
  return new ValetKeyError("BAD_USER_INPUT", "This is not a valid version id.", {
    field: "versionId",
    cause,
  });
}

const redirectCodes = new Set(["PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"]);

function isRedirect({ name, httpStatus, region }: S3Failure): boolean {
  if (name === "AuthorizationHeaderMalformed") return region !== undefined;
  return redirectCodes.has(name) || httpStatus === 301 || httpStatus === 307;
}

/** Node's and the SDK's codes for a connection that failed. */
const connectionFailure =
  /^(?:E(?:CONN|HOST|NET|PIPE|ADDR|TIMEDOUT|NOTFOUND|AI_)|ERR_(?:SSL|TLS|SOCKET|STREAM)|HPE_|CERT_)/;

const notFound = {
  bucket: "BUCKET_NOT_FOUND",
  object: "OBJECT_NOT_FOUND",
  upload: "UPLOAD_NOT_FOUND",
} as const;

function codeOfFailure(failure: S3Failure, { subject }: StorageErrorContext): StorageErrorCode {
  const { name, httpStatus, connectionCode } = failure;
  // Ceph returns NoSuchKey for an upload that no longer exists.
  if (subject === "upload" && httpStatus === 404 && name !== "NoSuchBucket") return "UPLOAD_NOT_FOUND";
  const known = codeOfS3Code.get(name);
  if (known !== undefined) return known;
  if (connectionCode !== undefined && connectionFailure.test(connectionCode)) return "STORAGE_UNAVAILABLE";
  // 507 is Insufficient Storage: trying again does not help.
  if (httpStatus === undefined || httpStatus === 507) return "INTERNAL_SERVER_ERROR";
  // A successful response that cannot be parsed is a failure.
  if (httpStatus < 300 || httpStatus >= 500 || httpStatus === 429) return "STORAGE_UNAVAILABLE";
  if (httpStatus === 404 && subject !== undefined) return notFound[subject];
  return codeOfStatus.get(httpStatus) ?? "INTERNAL_SERVER_ERROR";
}
