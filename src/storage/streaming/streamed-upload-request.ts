import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Metrics } from "../../core/metrics.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { ObjectDescription } from "../description/object-description.ts";
import type { AbandonedUploads } from "../multipart/abandoned-uploads.ts";
import type { UploadBudget } from "./upload-budget.ts";

export interface StreamedUploadRequest {
  /** Asked anew for every call to S3: a long upload outlives its first role session. */
  readonly s3: () => Promise<S3Client>;
  readonly address: ObjectAddress;
  /** Destroyed when the upload fails. */
  readonly body: Readable;
  /** Exactly this many pass. Where the body is known to be smaller, less of the budget is set aside. */
  readonly limitBytes: number;
  readonly description: ObjectDescription;
  readonly budget: UploadBudget;
  /** Aborts the multipart upload when the upload fails, now or later. */
  readonly abandoned: AbandonedUploads;
  readonly metrics?: Pick<Metrics, "uploadBytes" | "uploadsInFlight"> | undefined;
  /** Ends the upload; nothing is stored. */
  readonly signal?: AbortSignal | undefined;
}
