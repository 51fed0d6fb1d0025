import type { ObjectFieldsFragment } from "../generated/graphql.ts";
import type { Decoded } from "./operation.ts";

/** Identifies a stored object. */
export interface ObjectRef {
  bucket: string;
  key: string;
  /** Default: the server's default region. */
  region?: string | undefined;
  versionId?: string | undefined;
}

/** An object as a list shows it. */
export interface ObjectEntry {
  bucket: string;
  key: string;
  region: string;
  /** In bytes. */
  size: number;
  etag: string;
  lastModified: Date | undefined;
}

export interface StoredObject extends ObjectEntry {
  versionId: string | undefined;
  contentType: string | undefined;
}

/** Without the version, so that what is done with an entry of a list is done with the object. */
export function toEntry({ bucket, key, region, size, etag, lastModified }: ObjectEntry): ObjectEntry {
  return { bucket, key, region, size, etag, lastModified };
}

export function toStoredObject(
  object: Decoded<ObjectFieldsFragment>,
  contentType: string | undefined,
): StoredObject {
  return { ...toEntry(object), versionId: object.versionId, contentType };
}

/** Without the other properties that an entry of a list has. */
export function toObjectInput({ bucket, key, region, versionId }: ObjectRef): ObjectRef {
  return { bucket, key, region, versionId };
}
