import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { ValetKeyError } from "../../core/errors.ts";
import { mapConcurrently } from "../../core/map-concurrently.ts";
import type { BucketAddress } from "../../core/object-address.ts";
import { BucketInOtherRegion } from "../client/storage-error.ts";
import { storageErrorOfS3Code, withStorageErrors } from "../client/to-storage-error.ts";
import { versionOf } from "./stored-object.ts";

export interface ObjectVersion {
  readonly key: string;
  readonly versionId?: string | undefined;
}

export interface DeletedObject {
  readonly key: string;
  /** The version that was deleted, or the delete marker that now hides the object. */
  readonly versionId?: string | undefined;
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
const maxObjectsPerCall = 1000;
const callsAtOnce = 8;

/** Characters that XML 1.0 cannot carry, and line ends, which its parsers change. https://www.w3.org/TR/xml/#charsets */
const unfitForXml = /[^\x20-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/**
 * Deletes any number of objects of one bucket. Item i of the result belongs to object i. An object that does not exist
 * counts as deleted, and a failed item does not affect the others.
 *
 * @throws {BucketInOtherRegion} before anything is deleted
 */
export async function deleteObjects(
  s3: S3Client,
  bucket: BucketAddress,
  objects: readonly ObjectVersion[],
): Promise<(DeletedObject | ValetKeyError)[]> {
  const outcomes = new Map<string, DeletedObject | ValetKeyError>();
  const unique = [...new Map(objects.map((object) => [identityOf(object), object])).values()];
  const single = unique.filter(({ key }) => unfitForXml.test(key));
  const batches = chunked(
    unique.filter(({ key }) => !unfitForXml.test(key)),
    maxObjectsPerCall,
  );
  const outputs = await mapConcurrently(batches, callsAtOnce, (batch) => deleteBatch(s3, bucket, batch));
  outputs.push(await deleteOneByOne(s3, bucket, single));
  for (const [object, outcome] of outputs.flat()) outcomes.set(identityOf(object), outcome);
  return objects.map((object) => outcomes.get(identityOf(object)) ?? unanswered());
}

type Outcome = readonly [ObjectVersion, DeletedObject | ValetKeyError];

async function deleteBatch(
  s3: S3Client,
  bucket: BucketAddress,
  batch: readonly ObjectVersion[],
): Promise<readonly Outcome[]> {
  try {
    const output = await withStorageErrors(
      { operation: "DeleteObjects", subject: "bucket" },
      s3.send(
        new DeleteObjectsCommand({
          Bucket: bucket.bucket,
          Delete: { Objects: batch.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })) },
        }),
      ),
    );
    return outcomesOf(output);
  } catch (error) {
    if (!(error instanceof ValetKeyError) || error instanceof BucketInOtherRegion) throw error;
    // AWS decides for each item. Ceph refuses the whole call to callers who may not delete everything in the bucket.
    if (error.code === "FORBIDDEN") return await deleteOneByOne(s3, bucket, batch);
    return batch.map((object) => [object, error]);
  }
}

function outcomesOf({ Deleted = [], Errors = [] }: DeleteObjectsCommandOutput): Outcome[] {
  const deleted = Deleted.map(
    ({ Key: key = "", VersionId, DeleteMarker, DeleteMarkerVersionId }): Outcome => {
      const versionId = versionOf(VersionId) ?? (DeleteMarker ? versionOf(DeleteMarkerVersionId) : undefined);
      return [
        { key, versionId: VersionId },
        { key, versionId },
      ];
    },
  );
  const failed = Errors.map((failure): Outcome => {
    const object = { key: failure.Key ?? "", versionId: versionOf(failure.VersionId) };
    return [object, outcomeOfItem(object, failure.Code ?? "", failure)];
  });
  return [...deleted, ...failed];
}

function deleteOneByOne(
  s3: S3Client,
  bucket: BucketAddress,
  objects: readonly ObjectVersion[],
): Promise<Outcome[]> {
  return mapConcurrently(objects, callsAtOnce, (object) => deleteOne(s3, bucket, object));
}

function outcomeOfItem(object: ObjectVersion, s3Code: string, cause: unknown): DeletedObject | ValetKeyError {
  const isGone = s3Code === "NoSuchKey" || s3Code === "NoSuchVersion";
  return isGone ? object : storageErrorOfS3Code(s3Code, cause, object);
}

async function deleteOne(s3: S3Client, { bucket }: BucketAddress, object: ObjectVersion): Promise<Outcome> {
  const { key, versionId } = object;
  try {
    const output = await withStorageErrors(
      { operation: "DeleteObject", subject: "object", versionId },
      s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId })),
    );
    return [object, { key, versionId: versionId ?? versionOf(output.VersionId) }];
  } catch (error) {
    if (!(error instanceof ValetKeyError) || error instanceof BucketInOtherRegion) throw error;
    return [object, error.code === "OBJECT_NOT_FOUND" ? { key, versionId } : error];
  }
}

/** For an item without a version id, S3 returns no version id or an empty one. */
function identityOf({ key, versionId }: ObjectVersion): string {
  return JSON.stringify([key, versionId === "" ? undefined : versionId]);
}

function unanswered(): ValetKeyError {
  return new ValetKeyError(
    "STORAGE_UNAVAILABLE",
    "S3 did not say whether this object was deleted. Delete it again.",
  );
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
