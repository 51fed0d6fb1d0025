import DataLoader from "dataloader";
import { mapConcurrently } from "../core/map-concurrently.ts";
import type { NameAndValue } from "../core/name-and-value.ts";
import type { BucketAddress, ObjectAddress } from "../core/object-address.ts";
import { listParts, type UploadedPart } from "../storage/multipart/multipart-uploads.ts";
import type { UploadAddress } from "../storage/multipart/upload-descriptor.ts";
import { bucketExists } from "../storage/objects/bucket-exists.ts";
import { type DeletedObject, deleteObjects } from "../storage/objects/delete-objects.ts";
import { headObject } from "../storage/objects/head-object.ts";
import { objectTags } from "../storage/objects/object-tags.ts";
import { isObjectHead, type ObjectHead, type StoredObject } from "../storage/objects/stored-object.ts";
import type { S3Calls } from "./s3-calls.ts";

/** Each bucket has up to 8 calls in progress, so four buckets use up the 32 calls that a request may run. */
const bucketsAtOnce = 4;

/** Makes each call to S3 once per request, however many fields need the result. */
export class Loaders {
  /** Whether a bucket exists. After the call the bucket's actual region is known. */
  readonly bucket: DataLoader<BucketAddress, boolean, string>;
  /** Fails with BUCKET_NOT_FOUND and OBJECT_NOT_FOUND. The address of the result has the bucket's actual region. */
  readonly head: DataLoader<ObjectAddress, ObjectHead, string>;
  readonly tags: DataLoader<ObjectAddress, readonly NameAndValue[], string>;
  /** The parts that S3 holds of an upload. Fails with UPLOAD_NOT_FOUND. */
  readonly parts: DataLoader<UploadAddress, readonly UploadedPart[], string>;
  /** Deletes objects. The objects of one bucket are deleted together. */
  readonly deletion: DataLoader<ObjectAddress, DeletedObject, string>;

  constructor(calls: S3Calls) {
    this.bucket = loaderOfEach((address) => calls.callS3(address, bucketExists));
    const bucketInCall = loaderOfEach<BucketAddress, boolean>((address) =>
      calls.callS3Nested(address, bucketExists),
    );
    this.head = loaderOfEach((address) =>
      calls.callS3(address, (s3, there) => headObject(s3, there, (asked) => bucketInCall.load(asked))),
    );
    this.tags = loaderOfEach((address) => calls.callS3(address, objectTags));
    this.parts = loaderOfEach((upload) => calls.callS3(upload, listParts));
    this.deletion = new DataLoader((addresses) => deleteAll(calls, addresses), { cache: false });
  }

  /** After a write, drops cached facts about the object and keeps only what a later HEAD returned. */
  wrote(stored: StoredObject | ObjectHead): void {
    this.forget(stored);
    this.learn(stored);
  }

  /** Caches the result of a HEAD, under the address that it was asked for. */
  learn(stored: StoredObject | ObjectHead): void {
    if (isObjectHead(stored)) this.head.prime(stored, stored);
  }

  /** Drops cached facts about the object and about the version that the address names. */
  forget(address: ObjectAddress): void {
    for (const each of [address, { ...address, versionId: undefined }]) {
      this.head.clear(each);
      this.tags.clear(each);
    }
  }
}

function loaderOfEach<Address extends BucketAddress, Value>(ask: (address: Address) => Promise<Value>) {
  return new DataLoader<Address, Value, string>(
    (addresses) => Promise.all(addresses.map((address) => ask(address).catch(asError))),
    { cacheKeyFn: cacheKey },
  );
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** The region is left out: a bucket's name is unique, and the call goes to its actual region. */
function cacheKey({ bucket, key, versionId, uploadId }: BucketAddress & Partial<UploadAddress>): string {
  return JSON.stringify([bucket, key, versionId, uploadId]);
}

/** Groups the objects by bucket, and deletes those of one bucket together. */
async function deleteAll(
  calls: S3Calls,
  addresses: readonly ObjectAddress[],
): Promise<(DeletedObject | Error)[]> {
  const byBucket = new Map<string, ObjectAddress[]>();
  for (const address of addresses) {
    const bucket = `${address.region}/${address.bucket}`;
    byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), address]);
  }
  const outcomes = new Map<ObjectAddress, DeletedObject | Error>();
  await mapConcurrently([...byBucket.values()], bucketsAtOnce, async (objects) => {
    const deleted = await deleteFromBucket(calls, objects);
    for (const [index, address] of objects.entries()) {
      outcomes.set(address, deleted[index] ?? new Error("S3's response lacks an object."));
    }
  });
  return addresses.map(
    (address) => outcomes.get(address) ?? new Error("The object was not deleted: its bucket had no call."),
  );
}

async function deleteFromBucket(
  calls: S3Calls,
  objects: readonly ObjectAddress[],
): Promise<readonly (DeletedObject | Error)[]> {
  const [first] = objects;
  if (first === undefined) return [];
  const { bucket, region } = first;
  try {
    return await calls.callS3({ bucket, region }, (s3, there) => deleteObjects(s3, there, objects));
  } catch (error) {
    return objects.map(() => asError(error));
  }
}
