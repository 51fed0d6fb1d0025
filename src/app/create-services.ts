import type { Logger } from "pino";
import type { Buckets } from "../core/bucket-settings.ts";
import type { Metrics } from "../core/metrics.ts";
import type { SharedMemory } from "../core/shared-memory.ts";
import { ObjectStoredHook, type OnObjectStored } from "../graphql/object-stored.ts";
import type { Services } from "../graphql/services.ts";
import { CloudFrontSigner } from "../storage/cdn/cloudfront-signer.ts";
import { BucketRegions } from "../storage/client/bucket-regions.ts";
import { UploadReceipts } from "../storage/confirmation/upload-receipts.ts";
import { AbandonedUploads } from "../storage/multipart/abandoned-uploads.ts";
import { RecentCompletions } from "../storage/multipart/recent-completions.ts";
import { RecentUploadTerms } from "../storage/multipart/recent-upload-terms.ts";
import { UploadIds } from "../storage/multipart/upload-id.ts";
import { Presigner } from "../storage/signing/presigner.ts";
import { UploadBudget } from "../storage/streaming/upload-budget.ts";
import type { Backend } from "./backend.ts";
import type { Config } from "./config/config.ts";

/** How much memory all uploads through the server may use together. */
const uploadBudgetBytes = 256 * 2 ** 20;
/** How long a request without files may start calls to S3. Each call has a timeout of its own. */
const maxRequestSeconds = 60;

interface ServiceParts {
  readonly backend: Backend;
  readonly buckets: Buckets;
  readonly memory: SharedMemory;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly onObjectStored: OnObjectStored | undefined;
  readonly stopping: AbortSignal;
}

/** Creates what the resolvers of all requests share. */
export function createServices(
  config: Config,
  { backend, buckets, memory, metrics, log, onObjectStored, stopping }: ServiceParts,
): Services {
  const { store, endpoints, roles, s3Clients } = backend;
  const regions = { ...config.regions, buckets };
  return {
    buckets,
    roles,
    s3Clients,
    endpoints,
    presigner: new Presigner({ endpoints, metrics }),
    cloudFrontSigner: new CloudFrontSigner({ metrics }),
    regions,
    bucketRegions: new BucketRegions(regions),
    uploadIds: new UploadIds(store.secrets, regions),
    uploadReceipts: new UploadReceipts(store.secrets, regions),
    uploadBudget: new UploadBudget({ totalBytes: uploadBudgetBytes }),
    abandonedUploads: new AbandonedUploads({
      onGivenUp: ({ bucket }, err) =>
        log.error({ err, bucket }, "an upload could not be aborted: sweep the bucket"),
    }),
    recentUploadTerms: new RecentUploadTerms(memory),
    recentCompletions: new RecentCompletions(memory),
    objectStored: onObjectStored && new ObjectStoredHook(onObjectStored),
    metrics,
    maxRequestMs: maxRequestSeconds * 1000,
    multipartBytes: config.multipartBytes,
    maxUploadBytes: config.maxUploadBytes,
    stopping,
  };
}
