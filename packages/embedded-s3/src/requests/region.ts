import { StoreError } from "../core/store-error.ts";
import type { WireRequest } from "../signing/wire-request.ts";
import type { Bucket } from "../store/bucket.ts";

/** @throws {StoreError} PermanentRedirect (301) when the request is signed for another region than the bucket's */
export function assertSignedForRegion(bucket: Bucket, signedRegion: string, wire: WireRequest): void {
  if (signedRegion === bucket.region) return;
  throw new StoreError(
    301,
    "PermanentRedirect",
    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
    {
      details: { Bucket: bucket.name, Endpoint: wire.headers.host ?? "", Region: bucket.region },
      headers: { "x-amz-bucket-region": bucket.region },
    },
  );
}
