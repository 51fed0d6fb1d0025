import type { StorageErrorCode } from "./storage-error.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
export const codeOfS3Code: ReadonlyMap<string, StorageErrorCode> = new Map<string, StorageErrorCode>(
  Object.entries({
    NoSuchBucket: "BUCKET_NOT_FOUND",
    NoSuchKey: "OBJECT_NOT_FOUND",
    NoSuchVersion: "OBJECT_NOT_FOUND",
    MethodNotAllowed: "OBJECT_NOT_FOUND", // the response of GET and HEAD to the version id of a delete marker
    NoSuchUpload: "UPLOAD_NOT_FOUND",
    PreconditionFailed: "OBJECT_EXISTS",
    AccessDenied: "FORBIDDEN",
    AllAccessDisabled: "FORBIDDEN",
    InvalidObjectState: "OBJECT_ARCHIVED",
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
    InsufficientStorage: "INTERNAL_SERVER_ERROR", // the embedded store's code with status 507: trying again does not help
    RequestTimeout: "STORAGE_UNAVAILABLE",
    ServiceUnavailable: "STORAGE_UNAVAILABLE",
    SlowDown: "STORAGE_UNAVAILABLE",
    Throttling: "STORAGE_UNAVAILABLE",
    ThrottlingException: "STORAGE_UNAVAILABLE",
    TimeoutError: "STORAGE_UNAVAILABLE",
    AbortError: "TIMEOUT",
    InvalidStorageClass: "BAD_USER_INPUT",
    InvalidTag: "BAD_USER_INPUT",
    InvalidBucketName: "BAD_USER_INPUT",
    KeyTooLongError: "BAD_USER_INPUT",
    InvalidObjectName: "BAD_USER_INPUT",
    MetadataTooLarge: "BAD_USER_INPUT",
  } as const),
);

/** The argument that an error code is about. */
export const argumentOfS3Code: ReadonlyMap<string, string> = new Map(
  Object.entries({
    InvalidStorageClass: "storageClass",
    InvalidTag: "tags",
    MetadataTooLarge: "metadata",
    InvalidBucketName: "bucket",
    KeyTooLongError: "key",
    InvalidObjectName: "key",
  }),
);

/** Responses without a body, such as those of HEAD, have only their status as a reason. */
export const codeOfStatus: ReadonlyMap<number, StorageErrorCode> = new Map<number, StorageErrorCode>([
  [401, "CREDENTIALS_UNAVAILABLE"],
  [403, "FORBIDDEN"],
  [405, "OBJECT_NOT_FOUND"],
  [408, "STORAGE_UNAVAILABLE"],
  [409, "STORAGE_UNAVAILABLE"],
  [412, "OBJECT_EXISTS"],
  [413, "UPLOAD_TOO_LARGE"],
]);
