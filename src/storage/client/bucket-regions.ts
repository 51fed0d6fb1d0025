import { LRUCache } from "lru-cache";
import type { BucketName, Region } from "../../core/object-address.ts";
import { BucketInOtherRegion } from "./storage-error.ts";

/** The regions of buckets, as learned from redirects, so that only the first call to a bucket is redirected. */
export class BucketRegions {
  readonly #allowed: readonly Region[];
  readonly #learned: LRUCache<BucketName, Region>;

  /** @param allowed the regions that clients may name. To clients, a bucket in another region does not exist. */
  constructor(allowed: readonly Region[], maxEntries = 10_000) {
    this.#allowed = allowed;
    this.#learned = new LRUCache({ max: maxEntries });
  }

  /** The region of the bucket according to S3, or else the given one. */
  regionOf(bucket: BucketName, otherwise: Region): Region {
    return this.#learned.get(bucket) ?? otherwise;
  }

  /**
   * Runs a call in the given region. If S3 responds that the bucket is in another region that clients may name, the call
   * is repeated there.
   *
   * @throws {BucketInOtherRegion} if clients may not name that region
   */
  async followRegion<T>(bucket: BucketName, named: Region, call: (region: Region) => Promise<T>): Promise<T> {
    const first = this.regionOf(bucket, named);
    try {
      return await call(first);
    } catch (error) {
      if (!(error instanceof BucketInOtherRegion)) throw error;
      const region = this.#allowed.find((allowed) => allowed === error.region);
      if (region === undefined || region === first) throw error;
      this.#learned.set(bucket, region);
      return await call(region);
    }
  }
}
