import type { BucketName, Region } from "../core/object-address.ts";
import type { Endpoints } from "../storage/client/endpoints.ts";

/** A name that becomes part of the host name, and one that cannot, because a certificate's wildcard covers no dot. */
const namePatterns = ["any-bucket", "any.bucket"] as BucketName[];

/** A Content-Security-Policy cannot name IPv6 addresses: https://www.w3.org/TR/CSP3/#match-hosts */
const ipv6Address = /\[[\da-f:.]+\]/i;

/** Where the presigned URLs of these regions lead, as sources of a Content-Security-Policy. */
export function storeOrigins(endpoints: Endpoints, regions: readonly Region[]): string[] {
  const origins = regions.flatMap((region) =>
    namePatterns.map((name) => endpoints.resolve(region, name).origin.replace(`${name}.`, "*.")),
  );
  return [...new Set(origins.map((origin) => origin.replace(ipv6Address, "*")))];
}
