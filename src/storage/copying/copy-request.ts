import type { S3Client } from "@aws-sdk/client-s3";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { DescriptionChanges } from "../description/object-description.ts";
import type { StorageTerms } from "../description/storage-terms.ts";
import type { AbandonedUploads } from "../multipart/abandoned-uploads.ts";
import type { StoredObject } from "../objects/stored-object.ts";
import type { CopySource } from "./copy-source.ts";

export interface CopyObjectRequest {
  /** A client of the target's region. It is requested for every call, because a copy in parts outlives a role session. */
  readonly s3: () => Promise<S3Client>;
  /** Asks S3 for the current state of the source. */
  readonly source: () => Promise<CopySource>;
  readonly to: ObjectAddress;
  /** Properties that are defined here replace those of the source. The others are kept. */
  readonly changes: DescriptionChanges;
  /** How the target's bucket keeps the copy. S3 does not take it over from the source. */
  readonly terms: StorageTerms;
  /**
   * Throws if the caller may not store the copy. It is called before the copy, and again with the properties of the
   * stored copy.
   */
  readonly authorize: (copy: CopiedFacts) => void;
  /**
   * Whether `authorize` depends on the content type. If so, S3 must not copy it from a source that has changed in the
   * meantime.
   */
  readonly pinContentType: boolean;
  /** Takes over multipart uploads that could not be aborted. */
  readonly abandoned: AbandonedUploads;
  /** Cancels the copy. A canceled copy in parts is not stored. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Copies the bytes of the source, as it was at its HEAD. Default: S3 copies them itself, for which one session has to
   * be allowed to read the source and to write the target.
   * @throws {SourceChanged}
   */
  readonly transfer?: ((request: CopyObjectRequest, source: CopySource) => Promise<StoredObject>) | undefined;
  /** Larger objects are copied in parts. Default: 5 GiB. */
  readonly singleCopyBytes?: number | undefined;
  readonly partBytes?: number | undefined;
}

/** The properties of a copy that a grant may limit. */
export interface CopiedFacts {
  readonly sizeBytes: number;
  readonly contentType: string | undefined;
}
