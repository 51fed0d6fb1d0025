import { authorizeDownload } from "../../access/authorization.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { storageError } from "../../storage/client/storage-error.ts";
import { presignDownload, responseOverrides } from "../../storage/signing/presigned-requests.ts";
import type { RequestContext } from "../context.ts";
import type { Disposition } from "../types/enums.ts";
import type { DownloadUrl } from "./download-url.ts";

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

/** Signs a GET request with a role session that outlives the URL. All presigned downloads are created here. */
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
  const lifetime = context.urlLifetime(
    address.bucket,
    { expiresInSeconds: expiresIn, stableForSeconds: stableFor },
    limits,
  );
  const session = await context.sessionFor(address.bucket, lifetime);
  const head = verify ? await context.loaders.head.load(address) : undefined;
  if (head?.isArchived) throw storageError("OBJECT_ARCHIVED");
  const region = head ? head.region : services.bucketRegions.regionOf(address.bucket, address.region);
  const { url, expiresAt } = presignDownload(services.presigner, {
    address: { ...address, region },
    session,
    signedAt: lifetime.asOf ?? context.now(address.bucket),
    expiresInSeconds: lifetime.signedSeconds,
    overrides,
  });
  return { url, expiresAt, bucket: address.bucket, key: address.key, region };
}
