import type { GrantedLimits } from "../../access/authorization.ts";
import type { LifetimeRequest } from "../../access/url-lifetime.ts";
import type { ObjectAddress, Region } from "../../core/object-address.ts";
import {
  type PresignedUrl,
  presignDownload,
  type ResponseOverrides,
} from "../../storage/signing/presigned-requests.ts";
import type { RequestContext } from "../context.ts";

/** What a caller wants of a download URL, and what the grants allow. */
export interface WantedDownload {
  readonly lifetime: LifetimeRequest;
  readonly limits: GrantedLimits;
  readonly overrides: ResponseOverrides;
}

/** Signs the URL, once it is known that the object may be downloaded, and where its bucket is. */
export type SignInRegion = (region: Region) => PresignedUrl | Promise<PresignedUrl>;

/** Gets a role session that outlives the URL. */
export async function prepareForS3(
  context: RequestContext,
  address: ObjectAddress,
  { lifetime: request, limits, overrides }: WantedDownload,
): Promise<SignInRegion> {
  const lifetime = context.urlLifetime(address.bucket, request, limits);
  const session = await context.sessionFor(address.bucket, lifetime);
  return (region) =>
    presignDownload(context.services.presigner, {
      address: { ...address, region },
      session,
      signedAt: lifetime.asOf ?? context.now(address.bucket),
      expiresInSeconds: lifetime.signedSeconds,
      overrides,
    });
}
