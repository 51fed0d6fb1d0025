import type { ObjectAddress } from "../../core/object-address.ts";
import type { Checksum } from "../checksums/checksum.ts";

/** What `requestUpload` promised about an object that the client sends to S3 with a PUT request or a form. */
export interface UploadPromise extends ObjectAddress {
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Undefined if none was given. S3 then stores a default. */
  readonly contentType?: string | undefined;
  readonly checksum?: Checksum | undefined;
  readonly overwrite: boolean;
  /** When the URL was signed, by the clock of the bucket's store. */
  readonly issuedAt: Date;
}
