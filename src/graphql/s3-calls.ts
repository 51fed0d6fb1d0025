import type { S3Client } from "@aws-sdk/client-s3";
import type { SessionPurpose } from "../access/session-policy.ts";
import { ConcurrencyLimit } from "../core/concurrency-limit.ts";
import { ValetKeyError } from "../core/errors.ts";
import type { BucketAddress } from "../core/object-address.ts";
import type { BucketRegions } from "../storage/client/bucket-regions.ts";
import { nameMissing } from "./not-found.ts";

/** How many calls to S3 one request runs at the same time. The calls of other requests share the rest. */
const maxParallelCalls = 32;

export interface S3CallsOptions {
  readonly bucketRegions: BucketRegions;
  /** A client that signs with the caller's role session. */
  readonly clientFor: (address: BucketAddress, purpose: SessionPurpose | undefined) => Promise<S3Client>;
  readonly connection: { readonly destroyed: boolean };
  /** By the clock of `performance.now()`. No call starts after this moment. */
  readonly deadlineMs: number;
}

/** A function that calls S3. Its address has the bucket's actual region. */
export type S3Call<Address, Result> = (s3: S3Client, address: Address) => Promise<Result>;

/** All calls to S3 of one request. */
export class S3Calls {
  readonly #options: S3CallsOptions;
  readonly #limit = new ConcurrencyLimit({ maxRunning: maxParallelCalls });

  constructor(options: S3CallsOptions) {
    this.#options = options;
  }

  /**
   * Runs a call to S3 in the bucket's own region, even if the address names another one. The call waits while the
   * request already runs 32 others, and does not start after the client has disconnected or the request's time is over.
   *
   * Never await `callS3` inside a `call`: when 32 calls wait for one more, none of them ever ends. Use `callS3Nested`
   * there.
   *
   * @throws {ValetKeyError} TIMEOUT, and what `call` throws
   */
  callS3<Address extends BucketAddress, Result>(
    address: Address,
    call: S3Call<Address, Result>,
    purpose?: SessionPurpose,
  ): Promise<Result> {
    return this.#limit.run(async () => {
      this.assertClientWaits();
      return this.callS3Nested(address, call, purpose);
    });
  }

  /** The same for a call inside another call. It does not count against the limit, because the outer call does. */
  callS3Nested<Address extends BucketAddress, Result>(
    address: Address,
    call: S3Call<Address, Result>,
    purpose?: SessionPurpose,
  ): Promise<Result> {
    const { bucketRegions, clientFor } = this.#options;
    const called = bucketRegions.followRegion(address.bucket, address.region, async (region) => {
      const there = { ...address, region };
      return call(await clientFor(there, purpose), there);
    });
    return called.catch((error: unknown) => {
      throw nameMissing(error, address);
    });
  }

  /**
   * Calls that have started are not interrupted: each of them has a timeout of its own.
   * @throws {ValetKeyError} TIMEOUT after the client has disconnected or the request's time is over
   */
  assertClientWaits(): void {
    const { connection, deadlineMs } = this.#options;
    if (connection.destroyed) throw new ValetKeyError("TIMEOUT", "The client has disconnected.");
    if (performance.now() > deadlineMs) {
      throw new ValetKeyError("TIMEOUT", "The request took too long. Ask for fewer items at once.");
    }
  }
}
