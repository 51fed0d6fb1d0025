import type { BucketSettings } from "../core/bucket-settings.ts";
import type { BucketName } from "../core/object-address.ts";

export interface SharedCdnWarning {
  readonly bucket: BucketName;
  readonly message: string;
}

/**
 * The buckets whose distribution another bucket has too. A signed URL names the distribution and the key, but no bucket,
 * so it opens whatever the distribution delivers under that key.
 */
export function sharedCdnWarnings(buckets: ReadonlyMap<BucketName, BucketSettings>): SharedCdnWarning[] {
  const firstWith = new Map<string, BucketName>();
  const warnings: SharedCdnWarning[] = [];
  for (const [bucket, { cdn }] of buckets) {
    if (cdn === undefined) continue;
    const first = firstWith.get(cdn.url);
    if (first === undefined) {
      firstWith.set(cdn.url, bucket);
    } else {
      const message = `is also the CDN of the bucket ${JSON.stringify(first)}, so a grant on one of them may open objects of the other: use a distribution for each bucket`;
      warnings.push({ bucket, message });
    }
  }
  return warnings;
}
