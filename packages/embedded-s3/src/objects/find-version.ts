import { invalidArgument } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import { existingTagContext } from "../iam/condition-context.ts";
import { type ConditionContext } from "../iam/condition-keys.ts";
import { authorize, missingObject, objectArn } from "../requests/authorization.ts";
import { type S3Request, type SignedRequest } from "../requests/s3-request.ts";
import type { Bucket } from "../store/bucket.ts";
import {
  currentObject,
  nullVersionId,
  type ObjectVersion,
  type StoredObject,
} from "../store/object-version.ts";

const versionIdShape = /^[\w-]{32}$/;

/** @throws {StoreError} InvalidArgument unless it could be the id of a version */
export function assertVersionId(versionId: string | undefined): void {
  if (versionId === undefined || versionId === nullVersionId || versionIdShape.test(versionId)) return;
  throw invalidArgument("Invalid version id specified", "versionId", versionId);
}

export interface NamedVersion {
  readonly bucket: Bucket;
  readonly key: string;
  /** Undefined: the current one. */
  readonly versionId?: string | undefined;
}

/**
 * For the actions whose policies may look at the tags that the object has: those that read it or its tags.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
 * @throws {StoreError} AccessDenied (403)
 */
export function authorizeExisting(
  request: SignedRequest,
  action: string,
  named: NamedVersion,
  context: ConditionContext = {},
): void {
  const { bucket, key, versionId } = named;
  const version = versionOf(named);
  const tags = version === undefined || version.deleteMarker ? {} : version.tags;
  authorize(request, action, objectArn(bucket.name, key), {
    ...existingTagContext(tags),
    "s3:versionid": versionId,
    ...context,
  });
}

function versionOf({ bucket, key, versionId }: NamedVersion): ObjectVersion | undefined {
  const record = bucket.record(key);
  if (versionId === undefined) return currentObject(record);
  return record?.versions.find((version) => version.versionId === versionId);
}

/**
 * The object that a key and perhaps a version id name, for an operation that reads it.
 * @throws {StoreError} NoSuchKey, NoSuchVersion (404), MethodNotAllowed (405), or AccessDenied (403) to whom may not list
 */
export function findObject(
  request: S3Request,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): StoredObject {
  assertVersionId(versionId);
  const version = versionOf({ bucket, key, versionId });
  if (version === undefined) {
    const missing =
      versionId === undefined
        ? noSuchKey(key, bucket.record(key)?.versions[0])
        : noSuchVersion(key, versionId);
    throw missingObject(request, bucket.name, missing);
  }
  if (version.deleteMarker) {
    throw new StoreError(
      405,
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
      {
        details: { Method: request.wire.method, ResourceType: "DeleteMarker" },
        headers: {
          allow: "DELETE",
          "x-amz-delete-marker": "true",
          "x-amz-version-id": version.versionId,
          "last-modified": new Date(version.lastModified).toUTCString(),
        },
      },
    );
  }
  return version;
}

export function noSuchKey(key: string, newest?: ObjectVersion): StoreError {
  return new StoreError(404, "NoSuchKey", "The specified key does not exist.", {
    details: { Key: key },
    headers:
      newest?.deleteMarker === true
        ? { "x-amz-delete-marker": "true", "x-amz-version-id": newest.versionId }
        : {},
  });
}

export function noSuchVersion(key: string, versionId: string): StoreError {
  return new StoreError(404, "NoSuchVersion", "The specified version does not exist.", {
    details: { Key: key, VersionId: versionId },
  });
}

/** x-amz-version-id is sent by buckets that have, or had, versions. */
export function versionHeader(
  bucket: Bucket,
  versionId: string,
): { "x-amz-version-id"?: string | undefined } {
  return bucket.configuration.versioning === undefined ? {} : { "x-amz-version-id": versionId };
}
