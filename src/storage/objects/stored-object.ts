import type { NameAndValue } from "../../core/name-and-value.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { Checksum } from "../checksums/checksum.ts";

/** An object in S3, as far as a listing or a write describes it. */
export interface StoredObject extends ObjectAddress {
  readonly sizeBytes: number;
  /** With quotes, as in the HTTP header. */
  readonly etag: string;
  readonly lastModified?: Date | undefined;
  readonly storageClass?: string | undefined;
}

/** Everything that HeadObject returns. */
export interface ObjectHead extends StoredObject {
  /** Whether S3 refuses to return its content until it is restored. */
  readonly isArchived?: boolean;
  readonly contentType?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly cacheControl?: string | undefined;
  /** The values are decoded. */
  readonly metadata: readonly NameAndValue[];
  /** The checksum of the whole object. A checksum of the checksums of parts is omitted. */
  readonly checksum?: Checksum | undefined;
  /** The time of the response by S3's clock, in whole seconds. */
  readonly respondedAt?: Date | undefined;
}

/** Whether the object was described by a HEAD, and not only by a write or a listing. */
export function isObjectHead(stored: StoredObject | ObjectHead): stored is ObjectHead {
  return "metadata" in stored;
}

/** Removes the quotes of an ETag. ETags are compared without them, because some stores omit them. */
export function bareEtag(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, "$1");
}

/** Normalizes a version id. Some stores return an empty one for a bucket without versioning. */
export function versionOf(versionId: string | undefined): string | undefined {
  return versionId === "" ? undefined : versionId;
}
