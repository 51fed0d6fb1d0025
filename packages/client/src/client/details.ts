import { type ObjectRef, type StoredObject, toStoredObject } from "../core/objects.ts";
import type { Transport } from "../core/transport.ts";
import { objectWithTagsOperation } from "../generated/strings.ts";

/** Everything that S3 knows of an object. */
export interface ObjectDetails extends StoredObject {
  contentDisposition: string | undefined;
  cacheControl: string | undefined;
  storageClass: string | undefined;
  /** Names are in lower case. */
  metadata: Record<string, string>;
  tags: Record<string, string>;
}

/** Undefined: there is no such object. */
export async function details(transport: Transport, object: ObjectRef): Promise<ObjectDetails | undefined> {
  const { bucket, key, region, versionId } = object;
  const found = await transport.request(objectWithTagsOperation, { bucket, key, region, versionId });
  if (found.object === undefined) return undefined;
  const { contentType, contentDisposition, cacheControl, storageClass, metadata, tags } = found.object;
  return {
    ...toStoredObject(found.object, contentType),
    contentDisposition,
    cacheControl,
    storageClass,
    metadata: toRecord(metadata),
    tags: toRecord(tags),
  };
}

function toRecord(
  pairs: readonly { readonly name: string; readonly value: string }[],
): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
}
