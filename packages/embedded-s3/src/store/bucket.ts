import { createHash, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SerialQueue } from "../core/serial-queue.ts";
import { SortedByKey } from "../core/sorted-by-key.ts";
import { StoreError } from "../core/store-error.ts";
import type { BlobFiles } from "../disk/blob-files.ts";
import { type OnDamaged, readJsonDirectory, readJsonOrReport, writeJson } from "../disk/json-files.ts";
import { makeDirectory } from "../disk/make-directory.ts";
import type { CorsRule } from "./cors-rules.ts";
import type { DefaultEncryption } from "./encryption.ts";
import { MultipartUploads } from "./multipart-uploads.ts";
import {
  blobsOf,
  currentObject,
  nullVersionId,
  type ObjectRecord,
  type ObjectVersion,
  type Versioning,
} from "./object-version.ts";

export interface BucketConfiguration {
  readonly name: string;
  readonly region: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly versioning?: Versioning;
  /** Undefined until rules are set or deleted: the default rules apply. Empty: no page is allowed. */
  readonly cors?: readonly CorsRule[] | undefined;
  /** Default: AES256. */
  readonly encryption?: DefaultEncryption | undefined;
  /** The bucket policy, as JSON text. */
  readonly policy?: string | undefined;
}

const bucketShape = { name: "string", region: "string", createdAt: "string" } as const;
const recordShape = { key: "string", versions: "object" } as const;

/**
 * One bucket, in memory and on disk: bucket.json, objects/ with a file for each key, and uploads/.
 * A key can contain anything, so its file is named after its SHA-256.
 */
export class Bucket {
  readonly uploads: MultipartUploads;
  readonly #directory: string;
  readonly #blobs: BlobFiles;
  readonly #records: Map<string, ObjectRecord>;
  /** The records that listings of objects show: those that no delete marker hides. */
  readonly #current: SortedByKey<ObjectRecord>;
  readonly #queue = new SerialQueue();
  #configuration: BucketConfiguration;
  #deleted = false;

  private constructor(
    directory: string,
    blobs: BlobFiles,
    loaded: {
      configuration: BucketConfiguration;
      records: readonly ObjectRecord[];
      uploads: MultipartUploads;
    },
  ) {
    this.#directory = directory;
    this.#blobs = blobs;
    this.#configuration = loaded.configuration;
    this.#records = new Map(loaded.records.map((record) => [record.key, record]));
    this.#current = new SortedByKey(loaded.records.filter((record) => currentObject(record) !== undefined));
    this.uploads = loaded.uploads;
  }

  static async create(
    directory: string,
    configuration: BucketConfiguration,
    blobs: BlobFiles,
  ): Promise<Bucket> {
    await makeDirectory(join(directory, "objects"));
    await writeJson(join(directory, "bucket.json"), configuration);
    const uploads = new MultipartUploads(join(directory, "uploads"), blobs, []);
    return new Bucket(directory, blobs, { configuration, records: [], uploads });
  }

  /** Undefined if a crash has left an incomplete bucket. */
  static async load(
    directory: string,
    blobs: BlobFiles,
    onDamaged: OnDamaged,
  ): Promise<Bucket | "damaged" | undefined> {
    const path = join(directory, "bucket.json");
    const configuration = await readJsonOrReport<BucketConfiguration>(path, bucketShape, onDamaged);
    if (configuration === undefined || configuration === "damaged") return configuration;
    const records = await readJsonDirectory<ObjectRecord>(join(directory, "objects"), recordShape, onDamaged);
    const uploads = await MultipartUploads.load(join(directory, "uploads"), blobs, onDamaged);
    const bucket = new Bucket(directory, blobs, { configuration, records, uploads });
    await bucket.#forgetCompletedUploads();
    return bucket;
  }

  /** Removes uploads whose object was committed just before a crash. */
  async #forgetCompletedUploads(): Promise<void> {
    for (const { key, uploadId } of this.uploads.all()) {
      const object = this.record(key)?.versions.find(
        (version) => !version.deleteMarker && version.uploadId === uploadId,
      );
      if (object !== undefined && !object.deleteMarker)
        await this.uploads.forget(key, uploadId, object.blobs);
    }
  }

  get name(): string {
    return this.#configuration.name;
  }

  get region(): string {
    return this.#configuration.region;
  }

  get configuration(): BucketConfiguration {
    return this.#configuration;
  }

  async configure(
    change: Partial<Omit<BucketConfiguration, "name" | "region" | "createdAt">>,
  ): Promise<void> {
    await this.#queue.run("", async () => {
      const configuration = { ...this.#configuration, ...change };
      await writeJson(join(this.#directory, "bucket.json"), configuration);
      this.#configuration = configuration;
    });
  }

  /** Not sorted. The newest version of a record can be a delete marker. */
  get records(): readonly ObjectRecord[] {
    return [...this.#records.values()];
  }

  /** The records with a current object, sorted by key in the order of UTF-8. */
  get currentRecords(): readonly ObjectRecord[] {
    return this.#current.all;
  }

  record(key: string): ObjectRecord | undefined {
    return this.#records.get(key);
  }

  /** The id for a new version. */
  newVersionId(): string {
    return this.#configuration.versioning === "Enabled"
      ? randomBytes(24).toString("base64url")
      : nullVersionId;
  }

  /**
   * Replaces the versions of a key by the result of `change`. Every change of an object goes through this method.
   * Changes of one key run one after another, so what `change` checks still holds when its result is written. If it throws,
   * nothing changes. Blobs that no version refers to any more are removed.
   * @throws {StoreError} NoSuchBucket, and what `change` throws
   */
  async updateVersions(
    key: string,
    change: (versions: readonly ObjectVersion[]) => readonly ObjectVersion[],
  ): Promise<void> {
    await this.#queue.run(`key ${key}`, async () => {
      if (this.#deleted) throw noSuchBucket(this.name);
      const before = this.#records.get(key)?.versions ?? [];
      const after = change(before);
      const path = join(this.#directory, "objects", `${createHash("sha256").update(key).digest("hex")}.json`);
      const record: ObjectRecord = { key, versions: after };
      if (after.length === 0) await rm(path, { force: true });
      else await writeJson(path, record);
      this.#remember(record);
      const kept = new Set(blobsOf(after).map(({ blob }) => blob));
      await this.#blobs.remove(blobsOf(before).filter(({ blob }) => !kept.has(blob)));
    });
  }

  #remember(record: ObjectRecord): void {
    if (record.versions.length === 0) this.#records.delete(record.key);
    else this.#records.set(record.key, record);
    if (currentObject(record) === undefined) this.#current.delete(record.key);
    else this.#current.set(record);
  }

  /** @throws {StoreError} BucketNotEmpty */
  async delete(): Promise<void> {
    if (this.#records.size > 0) {
      throw new StoreError(409, "BucketNotEmpty", "The bucket you tried to delete is not empty", {
        details: { BucketName: this.name },
      });
    }
    this.#deleted = true;
    for (const { key, uploadId } of this.uploads.all()) await this.uploads.abort(key, uploadId);
    await rm(join(this.#directory, "bucket.json"), { force: true });
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** The names of all blobs that an object or a part refers to. */
  *referencedBlobs(): Generator<string> {
    for (const { versions } of this.#records.values()) {
      for (const { blob } of blobsOf(versions)) yield blob;
    }
    for (const { parts } of this.uploads.all()) {
      for (const { blob } of parts.values()) yield blob;
    }
  }
}

export function noSuchBucket(name: string): StoreError {
  return new StoreError(404, "NoSuchBucket", "The specified bucket does not exist", {
    details: { BucketName: name },
  });
}
