import type { RoleConnections } from "../access/role-connections.ts";
import type { Buckets } from "../core/bucket-settings.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Regions } from "../core/object-address.ts";
import type { S3Clients } from "../storage/calls/s3-clients.ts";
import type { CloudFrontSigner } from "../storage/cdn/cloudfront-signer.ts";
import type { BucketRegions } from "../storage/client/bucket-regions.ts";
import type { Endpoints } from "../storage/client/endpoints.ts";
import type { UploadReceipts } from "../storage/confirmation/upload-receipts.ts";
import type { AbandonedUploads } from "../storage/multipart/abandoned-uploads.ts";
import type { RecentCompletions } from "../storage/multipart/recent-completions.ts";
import type { RecentUploadTerms } from "../storage/multipart/recent-upload-terms.ts";
import type { UploadIds } from "../storage/multipart/upload-id.ts";
import type { Presigner } from "../storage/signing/presigner.ts";
import type { UploadBudget } from "../storage/streaming/upload-budget.ts";
import type { ObjectStoredHook } from "./object-stored.ts";

/** What all requests share. */
export interface Services {
  readonly roles: RoleConnections;
  readonly buckets: Buckets;
  readonly s3Clients: S3Clients;
  readonly endpoints: Endpoints;
  readonly presigner: Presigner;
  readonly cloudFrontSigner: CloudFrontSigner;
  readonly regions: Regions;
  readonly bucketRegions: BucketRegions;
  readonly uploadIds: UploadIds;
  readonly uploadReceipts: UploadReceipts;
  readonly uploadBudget: UploadBudget;
  readonly abandonedUploads: AbandonedUploads;
  readonly recentUploadTerms: RecentUploadTerms;
  readonly recentCompletions: RecentCompletions;
  /** Called when an object was stored. Undefined if the operator has no hook. */
  readonly objectStored: ObjectStoredHook | undefined;
  readonly metrics: Metrics;
  /** How long a request without files may start calls to S3. */
  readonly maxRequestMs: number;
  /** With the method AUTO, `requestUpload` starts a multipart upload for files that are larger than this. */
  readonly multipartBytes: number;
  /** The largest file that `uploadFile` accepts, whatever the grants allow. */
  readonly maxUploadBytes: number;
  /** Aborted when the time for a graceful shutdown is over. Uploads that are still running end then. */
  readonly stopping: AbortSignal;
}
