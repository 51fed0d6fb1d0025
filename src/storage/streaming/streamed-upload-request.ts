import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Metrics } from "../../core/metrics.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { ObjectDescription } from "../description/object-description.ts";
import type { AbandonedUploads } from "../multipart/abandoned-uploads.ts";
import type { UploadBudget } from "./upload-budget.ts";

export interface StreamedUploadRequest {
  /** Called for every call to S3, because a long upload outlives its first role session. */
  readonly s3: () => Promise<S3Client>;
  readonly address: ObjectAddress;
  /** It is destroyed if the upload fails. */
  readonly body: Readable;
  /** The maximum size. If the body is known to be smaller, less memory is reserved. */
  readonly limitBytes: number;
  readonly description: ObjectDescription;
  readonly budget: UploadBudget;
  /** Aborts the multipart upload if the upload fails, and retries until that succeeds. */
  readonly abandoned: AbandonedUploads;
  readonly metrics?: Pick<Metrics, "uploadBytes" | "uploadsInFlight"> | undefined;
  /** Cancels the upload, so that nothing is stored. */
  readonly signal?: AbortSignal | undefined;
}
