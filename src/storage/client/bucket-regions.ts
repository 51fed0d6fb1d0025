import { LRUCache } from "lru-cache";
import type { BucketName, Region } from "../../core/object-address.ts";
import { BucketInOtherRegion } from "./storage-error.ts";

/** Which region a bucket turned out to be in, so that only the first call to it takes the detour. */
export class BucketRegions {
  readonly #allowed: readonly Region[];
  readonly #learned: LRUCache<BucketName, Region>;

  /** @param allowed the regions that a client may name: a bucket elsewhere is not there */
  constructor(allowed: readonly Region[], maxEntries = 10_000) {
    this.#allowed = allowed;
    this.#learned = new LRUCache({ max: maxEntries });
  }

  /** The region that S3 named for the bucket, else the one given. */
  regionOf(bucket: BucketName, otherwise: Region): Region {
    return this.#learned.get(bucket) ?? otherwise;
  }

  /**
   * Runs a call in the bucket's region: in the one given, and when S3 answers that the bucket is in
   * another that clients may name, once more there.
   *
   * @throws {BucketInOtherRegion} when that region is not one that clients may name
   */
  async inRegionOf<T>(bucket: BucketName, named: Region, call: (region: Region) => Promise<T>): Promise<T> {
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
