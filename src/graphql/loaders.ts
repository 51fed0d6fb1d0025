import DataLoader from "dataloader";
import type { BucketAddress, ObjectAddress } from "../core/object-address.ts";
import { boundedParallel } from "../storage/client/bounded-parallel.ts";
import { listParts, type UploadedPart } from "../storage/multipart/multipart-uploads.ts";
import type { UploadAddress } from "../storage/multipart/upload-descriptor.ts";
import { type DeletedObject, deleteObjects } from "../storage/objects/delete-objects.ts";
import { bucketExists, headObject } from "../storage/objects/head-object.ts";
import { objectTags } from "../storage/objects/object-tags.ts";
import {
  isObjectHead,
  type NameAndValue,
  type ObjectHead,
  type StoredObject,
} from "../storage/objects/stored-object.ts";
import type { RequestContext } from "./context.ts";

/** Each of them has up to 8 calls under way: together as many as any other field's. */
const bucketsAtOnce = 4;

/** Asks S3 each question once a request, however many fields want the answer. */
export class Loaders {
  /** Fails with BUCKET_NOT_FOUND and OBJECT_NOT_FOUND. Its address has the bucket's true region. */
  readonly head: DataLoader<ObjectAddress, ObjectHead, string>;
  readonly tags: DataLoader<ObjectAddress, readonly NameAndValue[], string>;
  /** The parts that S3 holds of an upload. Fails with UPLOAD_NOT_FOUND. */
  readonly parts: DataLoader<UploadAddress, readonly UploadedPart[], string>;
  /** Deletes; the objects of one bucket go together. */
  readonly deletion: DataLoader<ObjectAddress, DeletedObject, string>;

  constructor(context: RequestContext) {
    const bucket = loaderOfEach<BucketAddress, boolean>((address) =>
      context.withinCall(address, bucketExists),
    );
    this.head = loaderOfEach((address) =>
      context.inRegionOf(address, (s3, there) => headObject(s3, there, (asked) => bucket.load(asked))),
    );
    this.tags = loaderOfEach((address) => context.inRegionOf(address, objectTags));
    this.parts = loaderOfEach((upload) => context.inRegionOf(upload, listParts));
    this.deletion = new DataLoader((addresses) => deleteAll(context, addresses), { cache: false });
  }

  /** For after a write: what was known of the object is known no more, but what HEAD has told of it since. */
  wrote(stored: StoredObject | ObjectHead): void {
    this.forget(stored);
    this.learn(stored);
  }

  /** Whoever asks for this very version, or for the object as it was found, need not ask S3. */
  learn(stored: StoredObject | ObjectHead): void {
    if (isObjectHead(stored)) this.head.prime(stored, stored);
  }

  /** Of the object, and of the version that is named. */
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

/** Without the region: a bucket's name is its own in all of them, and it is asked where it is. */
function cacheKey({ bucket, key, versionId, uploadId }: BucketAddress & Partial<UploadAddress>): string {
  return JSON.stringify([bucket, key, versionId, uploadId]);
}

/** One call for each bucket, whatever the order in which the objects were named. */
async function deleteAll(
  context: RequestContext,
  addresses: readonly ObjectAddress[],
): Promise<(DeletedObject | Error)[]> {
  const byBucket = new Map<string, ObjectAddress[]>();
  for (const address of addresses) {
    const bucket = `${address.region}/${address.bucket}`;
    byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), address]);
  }
  const outcomes = new Map<ObjectAddress, DeletedObject | Error>();
  await boundedParallel([...byBucket.values()], bucketsAtOnce, async (objects) => {
    const deleted = await deleteFromBucket(context, objects);
    for (const [index, address] of objects.entries()) {
      outcomes.set(address, deleted[index] ?? new Error("S3 did not answer for an object."));
    }
  });
  return addresses.map((address) => outcomes.get(address) ?? new Error("An object got lost."));
}

async function deleteFromBucket(
  context: RequestContext,
  objects: readonly ObjectAddress[],
): Promise<readonly (DeletedObject | Error)[]> {
  const [first] = objects;
  if (first === undefined) return [];
  const { bucket, region } = first;
  try {
    return await context.inRegionOf({ bucket, region }, (s3, there) => deleteObjects(s3, there, objects));
  } catch (error) {
    return objects.map(() => asError(error));
  }
}
