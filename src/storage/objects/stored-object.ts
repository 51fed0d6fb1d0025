import type { ObjectAddress } from "../../core/object-address.ts";
import type { Checksum } from "../headers/checksums.ts";
import type { NameAndValue } from "../headers/name-and-value.ts";

/** An object that S3 holds, as far as a listing or a write tells. */
export interface StoredObject extends ObjectAddress {
  readonly sizeBytes: number;
  /** With its quotes, as HTTP writes it. */
  readonly etag: string;
  readonly lastModified?: Date | undefined;
  readonly storageClass?: string | undefined;
}

/** All that HeadObject tells. */
export interface ObjectHead extends StoredObject {
  readonly contentType?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly cacheControl?: string | undefined;
  /** Decoded. */
  readonly metadata: readonly NameAndValue[];
  /** Of the whole object; a checksum of part checksums is left out. */
  readonly checksum?: Checksum | undefined;
}

/** Whether HEAD was asked, or only what a write or a listing told is known. */
export function isObjectHead(stored: StoredObject | ObjectHead): stored is ObjectHead {
  return "metadata" in stored;
}

/** ETags are compared without their quotes, which not every store writes. */
export function bareEtag(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, "$1");
}
