import { authorizeDownload } from "../../access/authorization.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { presignDownload, responseOverrides } from "../../storage/signing/presigned-requests.ts";
import type { RequestContext } from "../context.ts";
import type { Disposition } from "../types/enums.ts";
import type { DownloadUrl } from "./download-url.ts";

export interface DownloadDemands {
  /** Undefined: the client named none. */
  readonly expiresIn: number | null | undefined;
  readonly verify: boolean;
  readonly disposition?: Disposition | null | undefined;
  readonly filename?: string | null | undefined;
  readonly contentType?: string | null | undefined;
  readonly stableFor?: number | null | undefined;
}

/** The one way to a presigned GET: may the caller, is it there, and a session that outlives the URL. */
export async function signDownload(
  context: RequestContext,
  address: ObjectAddress,
  { expiresIn, verify, disposition, filename, contentType, stableFor }: DownloadDemands,
): Promise<DownloadUrl> {
  const { services } = context;
  const overrides = responseOverrides({
    disposition: disposition ?? undefined,
    filename: filename ?? undefined,
    contentType: contentType ?? undefined,
  });
  const limits = authorizeDownload(context.grants, address);
  const lifetime = context.urlLifetime({ expiresInSeconds: expiresIn, stableForSeconds: stableFor }, limits);
  const session = await context.sessionFor(lifetime);
  const region = verify
    ? (await context.loaders.head.load(address)).region
    : services.bucketRegions.regionOf(address.bucket, address.region);
  const { url, expiresAt } = presignDownload(services.presigner, {
    address: { ...address, region },
    session,
    signedAt: lifetime.asOf ?? new Date(services.clock()),
    expiresInSeconds: lifetime.signedSeconds,
    overrides,
  });
  return { url, expiresAt, bucket: address.bucket, key: address.key, region };
}
