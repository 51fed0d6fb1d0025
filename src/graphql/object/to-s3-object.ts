import type { ObjectAddress } from "../../core/object-address.ts";
import type { ListedObject } from "../../storage/objects/list-objects.ts";
import { bareEtag, type StoredObject } from "../../storage/objects/stored-object.ts";
import { S3Object } from "./s3-object.ts";

/** Converts a stored object to the type of the schema. */
export function toS3Object(stored: StoredObject): S3Object {
  return make(stored, stored);
}

export function listedToS3Object(
  listed: ListedObject,
  { bucket, region }: Omit<ObjectAddress, "key">,
): S3Object {
  return make({ bucket, region, key: listed.key }, listed);
}

function make(address: ObjectAddress, facts: Omit<StoredObject, keyof ObjectAddress>): S3Object {
  const { bucket, key, region, versionId } = address;
  return Object.assign(new S3Object(), {
    bucket,
    key,
    region,
    size: facts.sizeBytes,
    etag: bareEtag(facts.etag),
    lastModified: facts.lastModified ?? null,
    versionId: versionId ?? null,
    storageClass: facts.storageClass ?? null,
    address: { bucket, key, region, versionId },
  });
}
