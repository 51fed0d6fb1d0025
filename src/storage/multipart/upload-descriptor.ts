import type { ObjectAddress } from "../../core/object-address.ts";
import type { UploadChecksum } from "../checksums/checksum.ts";

/** A multipart upload as S3 knows it. */
export interface UploadAddress extends ObjectAddress {
  /** S3's own id of the upload. */
  readonly uploadId: string;
}

/** A multipart upload with the terms that it was begun with. They are sealed into its id. */
export interface UploadDescriptor extends UploadAddress {
  readonly sizeBytes: number;
  readonly partBytes: number;
  readonly overwrite: boolean;
  /** Undefined if none was given, or if the id is older than this field. */
  readonly contentType?: string | undefined;
  /** The checksum of the whole object. Its value may be unknown until the upload is completed. */
  readonly checksum?: UploadChecksum | undefined;
  /** Undefined for an upload that was opened from its id, which does not contain it. */
  readonly startedAt?: Date | undefined;
}

/** An upload that was found in S3's list, and that this process did not begin. The list has no sizes, so it can be aborted but not completed. */
export interface FoundUpload extends UploadAddress {
  readonly sizeBytes?: undefined;
}

export type SealedUpload = UploadDescriptor | FoundUpload;

/** A key for maps and caches. */
export function toUploadKey({ bucket, key, uploadId }: UploadAddress): string {
  return JSON.stringify([bucket, key, uploadId]);
}
