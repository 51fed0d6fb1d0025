import type { Checksum } from "../checksums/checksums.ts";
import type { StoredBlob } from "../disk/blob-files.ts";

export type Tags = Readonly<Record<string, string>>;

/** What a client says about an object beside its bytes. */
export interface ObjectAttributes {
  /** The headers that are given back as they came, names in lower case: content-type, cache-control, … */
  readonly headers: Readonly<Record<string, string>>;
  /** x-amz-meta-*, without that prefix. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

export interface StoredObject extends ObjectAttributes {
  readonly deleteMarker: false;
  /** "null" if versioning was not enabled when it was written. */
  readonly versionId: string;
  /** ISO 8601. */
  readonly lastModified: string;
  /** Without quotes. */
  readonly etag: string;
  readonly bytes: number;
  /** In order: one, or one for each part of the multipart upload. */
  readonly blobs: readonly StoredBlob[];
  readonly checksum?: Checksum | undefined;
  /** Of the parts, where the checksum is of a multipart upload. */
  readonly partChecksums?: readonly string[] | undefined;
  /** The multipart upload that it comes from. */
  readonly uploadId?: string | undefined;
}

export interface DeleteMarker {
  readonly deleteMarker: true;
  readonly versionId: string;
  readonly lastModified: string;
}

export type ObjectVersion = StoredObject | DeleteMarker;

/** All versions of one key, newest first; never none. */
export interface ObjectRecord {
  readonly key: string;
  readonly versions: readonly ObjectVersion[];
}

export type Versioning = "Enabled" | "Suspended" | undefined;

export const nullVersionId = "null";

/** The object that a key names when no version is asked for. */
export function currentObject(record: ObjectRecord | undefined): StoredObject | undefined {
  const newest = record?.versions[0];
  return newest === undefined || newest.deleteMarker ? undefined : newest;
}

/** What a precondition is judged by. */
export interface Validators {
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

export function validatorsOf(object: StoredObject): Validators {
  return { etag: object.etag, lastModified: new Date(object.lastModified) };
}

/**
 * The versions after a new one: a null version replaces the one that was there.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
 */
export function withNewest(
  versions: readonly ObjectVersion[],
  newest: ObjectVersion,
): readonly ObjectVersion[] {
  const kept =
    newest.versionId === nullVersionId
      ? versions.filter(({ versionId }) => versionId !== nullVersionId)
      : versions;
  return [newest, ...kept];
}

export function blobsOf(versions: readonly ObjectVersion[]): StoredBlob[] {
  return versions.flatMap((version) => (version.deleteMarker ? [] : version.blobs));
}
