import type { Principal } from "../core/principal.ts";
import type { Checksum } from "../storage/checksums/checksum.ts";
import { bareEtag, type ObjectHead, type StoredObject } from "../storage/objects/stored-object.ts";

/** An object that S3 has stored, with the facts that the store has confirmed. */
export interface StoredEvent {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  /** Undefined in buckets without versioning. */
  readonly versionId?: string | undefined;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified?: Date | undefined;
  readonly contentType?: string | undefined;
  /** The checksum of the whole object, if S3 stores one. */
  readonly checksum?: Checksum | undefined;
  /** The caller of the mutation. For `confirmUpload` it may be another caller than the one who requested the upload. */
  readonly principal: Principal;
  /** The mutation. `uploadFiles` is reported as `uploadFile`, once for each file. */
  readonly by: "uploadFile" | "completeUpload" | "copyObject" | "confirmUpload";
}

/** What a mutation knows of the object that it has stored. */
export interface StoredReport {
  readonly by: StoredEvent["by"];
  /** What was stored, for callers who may not read it. */
  readonly given: Pick<StoredEvent, "contentType" | "checksum">;
  /** See `ObjectStoredHook.call`. */
  readonly once?: string;
}

export function toStoredEvent(
  stored: StoredObject & Partial<ObjectHead>,
  { by, given }: StoredReport,
  principal: Principal,
): StoredEvent {
  const { bucket, key, region, versionId, lastModified } = stored;
  return {
    bucket,
    key,
    region,
    versionId,
    size: stored.sizeBytes,
    etag: bareEtag(stored.etag),
    lastModified,
    contentType: stored.contentType ?? given.contentType,
    checksum: stored.checksum ?? given.checksum,
    principal,
    by,
  };
}
