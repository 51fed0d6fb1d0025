import { rm } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../core/store-error.ts";
import type { BlobFiles } from "../disk/blob-files.ts";
import type { DamagedFile } from "../disk/json-files.ts";
import { listDirectory } from "../disk/list-directory.ts";
import { makeDirectory } from "../disk/make-directory.ts";
import { Bucket, type BucketConfiguration, noSuchBucket } from "./bucket.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const nameShape = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
// Names that end in "-an" are in the namespace of an account, which this store does not have.
const reservedName = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3|-an)$/;

/** The buckets of the store. */
export class Buckets {
  readonly #directory: string;
  readonly #blobs: BlobFiles;
  readonly #buckets: Map<string, Bucket>;
  readonly #damaged: ReadonlySet<string>;

  private constructor(
    directory: string,
    blobs: BlobFiles,
    buckets: readonly Bucket[],
    damaged: ReadonlySet<string>,
  ) {
    this.#directory = directory;
    this.#blobs = blobs;
    this.#damaged = damaged;
    this.#buckets = new Map(buckets.map((bucket) => [bucket.name, bucket]));
  }

  /** Reads everything into memory and removes what a crash has left behind. */
  static async load(directory: string, blobs: BlobFiles, log: (line: string) => void): Promise<Buckets> {
    const loaded: Bucket[] = [];
    const damaged = new Set<string>();
    let isDamaged = false;
    const onDamaged = ({ message }: DamagedFile) => {
      isDamaged = true;
      log(
        `${message}: the store starts without what was in it. Restore the file, or delete it to get its disk space back.`,
      );
    };
    await makeDirectory(directory);
    for (const name of await listDirectory(directory)) {
      const bucket = await Bucket.load(join(directory, name), blobs, onDamaged);
      if (bucket === undefined) await rm(join(directory, name), { recursive: true, force: true });
      else if (bucket === "damaged") damaged.add(name);
      else loaded.push(bucket);
    }
    // Blobs that a damaged file refers to may be needed to restore it, and are not known.
    if (!isDamaged) await blobs.sweep(new Set(loaded.flatMap((bucket) => [...bucket.referencedBlobs()])));
    return new Buckets(directory, blobs, loaded, damaged);
  }

  all(): readonly Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** @throws {StoreError} NoSuchBucket, InvalidBucketName */
  get(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw nameShape.test(name) ? noSuchBucket(name) : invalidBucketName(name);
    return bucket;
  }

  /**
   * In us-east-1, S3 responds with success when callers create a bucket again that they own.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
   * @throws {StoreError} InvalidBucketName, BucketAlreadyOwnedByYou
   */
  async create(configuration: BucketConfiguration): Promise<Bucket> {
    const { name } = configuration;
    if (!nameShape.test(name) || reservedName.test(name)) throw invalidBucketName(name);
    const existing = this.#buckets.get(name);
    if (existing?.region === "us-east-1" && configuration.region === "us-east-1") return existing;
    if (existing !== undefined) {
      throw new StoreError(
        409,
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        { details: { BucketName: name } },
      );
    }
    const bucket = await Bucket.create(join(this.#directory, name), configuration, this.#blobs);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** Leaves a bucket alone that exists, or whose file is damaged: somebody may restore it. */
  async createIfMissing(configuration: BucketConfiguration): Promise<void> {
    const { name } = configuration;
    if (!this.#buckets.has(name) && !this.#damaged.has(name)) await this.create(configuration);
  }

  /** @throws {StoreError} BucketNotEmpty */
  async delete(bucket: Bucket): Promise<void> {
    await bucket.delete();
    this.#buckets.delete(bucket.name);
  }
}

function invalidBucketName(name: string): StoreError {
  return new StoreError(400, "InvalidBucketName", "The specified bucket is not valid.", {
    details: { BucketName: name },
  });
}
