import { authorizeDownload } from "../../access/authorization.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { storageError } from "../../storage/client/storage-error.ts";
import { responseOverrides } from "../../storage/signing/presigned-requests.ts";
import type { RequestContext } from "../context.ts";
import type { Disposition } from "../types/enums.ts";
import type { DownloadUrl } from "./download-url.ts";
import { prepareForCdn } from "./prepare-for-cdn.ts";
import { prepareForS3 } from "./prepare-for-s3.ts";

export interface DownloadOptions {
  /** Seconds. Undefined: the client did not ask for a lifetime. */
  readonly expiresIn: number | undefined;
  /** Whether to check first that the object exists. */
  readonly verify: boolean;
  readonly disposition?: Disposition | null | undefined;
  readonly filename?: string | null | undefined;
  readonly contentType?: string | null | undefined;
  /** Seconds. */
  readonly stableFor?: number | null | undefined;
}

/** Signs a GET request, for S3 or for the bucket's CDN. All presigned downloads are created here. */
export async function signDownload(
  context: RequestContext,
  address: ObjectAddress,
  { expiresIn, verify, disposition, filename, contentType, stableFor }: DownloadOptions,
): Promise<DownloadUrl> {
  const { services } = context;
  const overrides = responseOverrides({
    disposition: disposition ?? undefined,
    filename: filename ?? undefined,
    contentType: contentType ?? undefined,
  });
  const limits = authorizeDownload(context.grants, address);
  const { cdn } = services.buckets.of(address.bucket);
  const wanted = {
    lifetime: { expiresInSeconds: expiresIn, stableForSeconds: stableFor },
    limits,
    overrides,
  };
  // What can be refused without S3 is refused before the HEAD request.
  const sign =
    cdn === undefined
      ? await prepareForS3(context, address, wanted)
      : prepareForCdn(context, address, { ...wanted, cdn });
  const head = verify ? await context.loaders.head.load(address) : undefined;
  if (head?.isArchived) throw storageError("OBJECT_ARCHIVED");
  const region = head ? head.region : services.bucketRegions.regionOf(address.bucket, address.region);
  const { url, expiresAt } = await sign(region);
  return { url, expiresAt, bucket: address.bucket, key: address.key, region };
}
