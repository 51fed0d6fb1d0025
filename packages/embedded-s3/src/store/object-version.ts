import type { Checksum } from "../checksums/checksums.ts";
import type { StoredBlob } from "../disk/blob-files.ts";
import type { KmsEncryption } from "./encryption.ts";

export type Tags = Readonly<Record<string, string>>;

/** What a client stores with the bytes of an object. */
export interface ObjectAttributes {
  /** Headers that are returned as they were sent, such as content-type. Names in lower case. */
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
  /** One blob, or one for each part of the multipart upload, in order. */
  readonly blobs: readonly StoredBlob[];
  readonly checksum?: Checksum | undefined;
  /** The checksums of the parts of a multipart upload. */
  readonly partChecksums?: readonly string[] | undefined;
  /** Undefined: AES256. */
  readonly encryption?: KmsEncryption | undefined;
  /** The multipart upload that created it. */
  readonly uploadId?: string | undefined;
}

export interface DeleteMarker {
  readonly deleteMarker: true;
  readonly versionId: string;
  readonly lastModified: string;
}

export type ObjectVersion = StoredObject | DeleteMarker;

/** The versions of one key, the newest first. There is at least one. */
export interface ObjectRecord {
  readonly key: string;
  readonly versions: readonly ObjectVersion[];
}

export type Versioning = "Enabled" | "Suspended" | undefined;

export const nullVersionId = "null";

/** The object that a request without a version id addresses. */
export function currentObject(record: ObjectRecord | undefined): StoredObject | undefined {
  const newest = record?.versions[0];
  return newest === undefined || newest.deleteMarker ? undefined : newest;
}

/** The values that preconditions are evaluated on. */
export interface Validators {
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

export function validatorsOf(object: StoredObject): Validators {
  return { etag: object.etag, lastModified: new Date(object.lastModified) };
}

/**
 * Adds a version. A null version replaces the previous null version.
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
