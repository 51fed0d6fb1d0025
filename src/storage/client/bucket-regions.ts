import { LRUCache } from "lru-cache";
import type { BucketName, Region, Regions } from "../../core/object-address.ts";
import { BucketInOtherRegion } from "./storage-error.ts";

/** The regions of buckets, as learned from redirects, so that only the first call to a bucket is redirected. */
export class BucketRegions {
  readonly #allowed: readonly Region[];
  readonly #configured: Regions["buckets"];
  readonly #learned: LRUCache<BucketName, Region>;

  /** To clients, a bucket does not exist if it is neither in a region that they may name nor in the configured one. */
  constructor({ allowed, buckets }: Pick<Regions, "allowed" | "buckets">, maxEntries = 10_000) {
    this.#allowed = allowed;
    this.#configured = buckets;
    this.#learned = new LRUCache({ max: maxEntries });
  }

  /** The region of the bucket according to the configuration or to S3, or else the given one. */
  regionOf(bucket: BucketName, otherwise: Region): Region {
    return this.#configured?.of(bucket).region ?? this.#learned.get(bucket) ?? otherwise;
  }

  /** Whether the region of the bucket is known without asking S3. */
  isKnown(bucket: BucketName): boolean {
    return this.#allowed.length === 1 || this.#isConfigured(bucket);
  }

  #isConfigured(bucket: BucketName): boolean {
    return this.#configured?.of(bucket).region !== undefined;
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
      if (region === undefined || region === first || this.#isConfigured(bucket)) throw error;
      this.#learned.set(bucket, region);
      return await call(region);
    }
  }
}
