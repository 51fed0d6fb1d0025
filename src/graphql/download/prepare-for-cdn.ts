import { urlLifetime } from "../../access/url-lifetime.ts";
import type { CdnSettings } from "../../core/bucket-settings.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { cloudFrontResource } from "../../storage/cdn/cloudfront-url.ts";
import { maxExpiresInSeconds } from "../../storage/signing/signature-lifetime.ts";
import type { RequestContext } from "../context.ts";
import type { SignInRegion, WantedDownload } from "./prepare-for-s3.ts";

export interface WantedFromCdn extends WantedDownload {
  readonly cdn: CdnSettings;
}

/** Needs no role session: the key of the CDN signs the URL, and the URL may outlive every session. */
export function prepareForCdn(
  context: RequestContext,
  address: ObjectAddress,
  { cdn, lifetime: request, limits, overrides }: WantedFromCdn,
): SignInRegion {
  const { maxExpiresSeconds: maxGrantedSeconds } = limits;
  const { asOf, signedSeconds: expiresInSeconds } = urlLifetime(
    request,
    { maxGrantedSeconds, maxSessionSeconds: maxExpiresInSeconds },
    context.now(address.bucket).getTime(),
  );
  const resource = cloudFrontResource(cdn, address, overrides);
  return () =>
    context.inTurnToSign(() =>
      context.services.cloudFrontSigner.sign({
        resource,
        cdn,
        signedAt: asOf ?? context.now(address.bucket),
        expiresInSeconds,
        isStable: asOf !== undefined,
      }),
    );
}
