import type { Buckets } from "../core/bucket-settings.ts";
import type { BucketName, Regions } from "../core/object-address.ts";
import type { Endpoints } from "../storage/client/endpoints.ts";

/** A name that becomes part of the host name, and one that cannot, because a certificate's wildcard covers no dot. */
const namePatterns = ["any-bucket", "any.bucket"] as BucketName[];

/** A Content-Security-Policy cannot name IPv6 addresses: https://www.w3.org/TR/CSP3/#match-hosts */
const ipv6Address = /\[[\da-f:.]+\]/i;

export interface StoreOriginsOptions {
  readonly regions: Regions;
  readonly buckets: Pick<Buckets, "all">;
}

/** Where presigned URLs lead, to stores and to CDNs, as sources of a Content-Security-Policy. */
export function storeOrigins(endpoints: Endpoints, { regions, buckets }: StoreOriginsOptions): string[] {
  const ofRegions = regions.allowed.flatMap((region) =>
    namePatterns.map((name) => endpoints.resolve(region, name).origin.replace(`${name}.`, "*.")),
  );
  // Downloads lead to the CDN, and uploads to the store.
  const ofBuckets = [...buckets.all()].flatMap(([name, { region = regions.default, cdn }]) => [
    endpoints.resolve(region, name).origin,
    ...(cdn === undefined ? [] : [cdn.url]),
  ]);
  return [...new Set([...ofRegions, ...ofBuckets].map((origin) => origin.replace(ipv6Address, "*")))];
}
