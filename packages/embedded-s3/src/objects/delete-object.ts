import { invalidArgument } from "../core/arguments.ts";
import { notImplemented } from "../core/store-error.ts";
import { noContent, type StoreResponse } from "../http/response.ts";
import { authorize, objectArn } from "../requests/authorization.ts";
import { type BucketRequest, type ObjectRequest, type StoreState } from "../requests/s3-request.ts";
import { type ObjectVersion, withNewest } from "../store/object-version.ts";
import { assertWriteConditions, type Preconditions, parsePreconditions } from "./conditional-requests.ts";
import { assertVersionId, authorizeExisting } from "./find-version.ts";
import { currentValidators } from "./write-object.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export async function deleteObject(request: ObjectRequest, { now }: StoreState): Promise<StoreResponse> {
  const { key, query, headers } = request;
  const conditions = parsePreconditions(headers);
  if (conditions.ifNoneMatch !== undefined) throw notImplemented("If-None-Match");
  const deleted = await deleteVersion(request, { key, versionId: query.get("versionId"), conditions }, now());
  return {
    ...noContent,
    headers: {
      "x-amz-version-id": deleted.versionId,
      "x-amz-delete-marker": deleted.deleteMarker ? "true" : undefined,
    },
  };
}

export interface Deletion {
  /** The id of the removed version, or of the new delete marker. */
  readonly versionId?: string | undefined;
  readonly deleteMarker: boolean;
}

/**
 * Removes one version or, without a version id, the object. In a bucket with versions, a delete marker hides the object instead.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 * @throws {StoreError} AccessDenied (403), PreconditionFailed (412), …
 */
export async function deleteVersion(
  request: BucketRequest,
  target: {
    readonly key: string;
    readonly versionId: string | undefined;
    readonly conditions: Preconditions;
  },
  now: Date,
): Promise<Deletion> {
  const { bucket } = request;
  const { key, versionId, conditions } = target;
  const { ifMatch } = conditions;
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  authorize(request, action, objectArn(bucket.name, key), {
    "s3:versionid": versionId,
    "s3:if-match": ifMatch,
  });
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
  if (ifMatch !== undefined && ifMatch !== "*") authorizeExisting(request, "s3:GetObject", { bucket, key });
  assertVersionId(versionId);
  if (ifMatch === "") throw invalidArgument("The If-Match header is empty.", "If-Match", ifMatch);
  const { versioning } = bucket.configuration;
  const newMarker = {
    deleteMarker: true,
    versionId: bucket.newVersionId(),
    lastModified: now.toISOString(),
  } as const;
  let removed: ObjectVersion | undefined;
  await bucket.updateVersions(key, (versions) => {
    assertWriteConditions(conditions, currentValidators(key, versions));
    if (versionId !== undefined) {
      removed = versions.find((version) => version.versionId === versionId);
      return versions.filter((version) => version !== removed);
    }
    return versioning === undefined ? [] : withNewest(versions, newMarker);
  });
  if (versionId !== undefined) return { versionId, deleteMarker: removed?.deleteMarker ?? false };
  return versioning === undefined
    ? { deleteMarker: false }
    : { versionId: newMarker.versionId, deleteMarker: true };
}
