import type { ObjectDetailsFragment, ObjectFieldsFragment } from "../generated/graphql.ts";

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

export function toEntry({
  bucket,
  key,
  region,
  size,
  etag,
  lastModified,
}: ObjectFieldsFragment): ObjectEntry {
  return { bucket, key, region, size, etag, lastModified: toDate(lastModified) };
}

export function toStoredObject(
  object: ObjectFieldsFragment & Partial<Pick<ObjectDetailsFragment, "contentType">>,
): StoredObject {
  const { versionId, contentType } = object;
  return { ...toEntry(object), versionId: versionId ?? undefined, contentType: contentType ?? undefined };
}

export function toDate(text: string | null | undefined): Date | undefined {
  return text === null || text === undefined ? undefined : new Date(text);
}

/** Without the other properties that an entry of a list has. */
export function toObjectInput({ bucket, key, region, versionId }: ObjectRef): ObjectRef {
  return { bucket, key, region, versionId };
}
