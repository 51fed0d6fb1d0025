import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ChecksumAlgorithm, ChecksumType } from "../checksums/checksums.ts";
import { SerialQueue } from "../core/serial-queue.ts";
import { StoreError } from "../core/store-error.ts";
import type { BlobFiles, StoredBlob } from "../disk/blob-files.ts";
import { type OnDamaged, readJsonDirectory, readJsonOrReport, writeJson } from "../disk/json-files.ts";
import { listDirectory } from "../disk/list-directory.ts";
import { makeDirectory } from "../disk/make-directory.ts";
import type { KmsEncryption } from "./encryption.ts";
import type { ObjectAttributes } from "./object-version.ts";

export interface StoredPart extends StoredBlob {
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
  /** ISO 8601. */
  readonly lastModified: string;
}

interface UploadRecord {
  readonly uploadId: string;
  readonly key: string;
  /** ISO 8601. */
  readonly initiatedAt: string;
  /** The ARN of the caller who began it. */
  readonly initiator: string;
  readonly attributes: ObjectAttributes;
  /** Undefined: AES256. */
  readonly encryption?: KmsEncryption | undefined;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType } | undefined;
}

export interface MultipartUpload extends UploadRecord {
  readonly parts: ReadonlyMap<number, StoredPart>;
}

export type NewUpload = Omit<UploadRecord, "uploadId">;

interface LoadedUpload extends UploadRecord {
  readonly parts: Map<number, StoredPart>;
}

const recordFile = "upload.json";
const recordShape = {
  uploadId: "string",
  key: "string",
  initiatedAt: "string",
  attributes: "object",
} as const;
const partShape = { partNumber: "number", etag: "string", blob: "string", bytes: "number" } as const;

export function noSuchUpload(uploadId: string): StoreError {
  return new StoreError(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { details: { UploadId: uploadId } },
  );
}

/**
 * The id begins with the time, because a listing sorts the uploads of a key by their start, and its next page continues
 * with the ids that are greater than the last one.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
function newUploadId(initiatedAt: string): string {
  const time = Date.parse(initiatedAt).toString(16).padStart(12, "0");
  return `${time}${randomBytes(39).toString("base64url")}`;
}

/** The uploads in progress of one bucket. Each is a folder with a file for each part. */
export class MultipartUploads {
  readonly #directory: string;
  readonly #blobs: BlobFiles;
  readonly #uploads: Map<string, LoadedUpload>;
  readonly #queue = new SerialQueue();

  constructor(directory: string, blobs: BlobFiles, uploads: Iterable<LoadedUpload>) {
    this.#directory = directory;
    this.#blobs = blobs;
    this.#uploads = new Map([...uploads].map((upload) => [upload.uploadId, upload]));
  }

  static async load(directory: string, blobs: BlobFiles, onDamaged: OnDamaged): Promise<MultipartUploads> {
    const uploads: LoadedUpload[] = [];
    for (const name of await listDirectory(directory)) {
      const path = join(directory, name, recordFile);
      const record = await readJsonOrReport<UploadRecord>(path, recordShape, onDamaged);
      if (record === "damaged") continue;
      if (record === undefined) {
        await rm(join(directory, name), { recursive: true, force: true });
        continue;
      }
      const parts = await readJsonDirectory<StoredPart>(join(directory, name, "parts"), partShape, onDamaged);
      uploads.push({ ...record, parts: new Map(parts.map((part) => [part.partNumber, part])) });
    }
    return new MultipartUploads(directory, blobs, uploads);
  }

  all(): readonly MultipartUpload[] {
    return [...this.#uploads.values()];
  }

  find(key: string, uploadId: string): MultipartUpload | undefined {
    const upload = this.#uploads.get(uploadId);
    return upload?.key === key ? upload : undefined;
  }

  /** @throws {StoreError} NoSuchUpload */
  get(key: string, uploadId: string): MultipartUpload {
    return this.#loaded(key, uploadId);
  }

  #loaded(key: string, uploadId: string): LoadedUpload {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined || upload.key !== key) throw noSuchUpload(uploadId);
    return upload;
  }

  async create(upload: NewUpload): Promise<MultipartUpload> {
    const record: UploadRecord = { ...upload, uploadId: newUploadId(upload.initiatedAt) };
    const directory = this.#uploadDirectory(record.uploadId);
    await makeDirectory(join(directory, "parts"));
    await writeJson(join(directory, recordFile), record);
    const loaded = { ...record, parts: new Map<number, StoredPart>() };
    this.#uploads.set(record.uploadId, loaded);
    return loaded;
  }

  /**
   * Adds a part, or replaces the one with the same number.
   * @throws {StoreError} NoSuchUpload
   */
  async putPart(key: string, uploadId: string, part: StoredPart): Promise<void> {
    await this.#queue.run(uploadId, async () => {
      const upload = this.#loaded(key, uploadId);
      await writeJson(join(this.#uploadDirectory(uploadId), "parts", `${part.partNumber}.json`), part);
      const replaced = upload.parts.get(part.partNumber);
      upload.parts.set(part.partNumber, part);
      if (replaced !== undefined) await this.#blobs.remove([replaced]);
    });
  }

  /** Ends an upload and removes its parts. @throws {StoreError} NoSuchUpload */
  async abort(key: string, uploadId: string): Promise<void> {
    await this.#queue.run(uploadId, async () => {
      await this.forget(key, uploadId, []);
    });
  }

  /**
   * Ends an upload by creating an object from it. The blobs that `commit` returns are kept, the others are removed. Parts
   * cannot change meanwhile.
   * @throws {StoreError} NoSuchUpload
   */
  async complete<Kept extends { readonly blobs: readonly StoredBlob[] }>(
    key: string,
    uploadId: string,
    commit: (upload: MultipartUpload) => Promise<Kept>,
  ): Promise<Kept> {
    return await this.#queue.run(uploadId, async () => {
      const kept = await commit(this.#loaded(key, uploadId));
      await this.forget(key, uploadId, kept.blobs);
      return kept;
    });
  }

  /** Removes the upload and its parts, except for the blobs that an object refers to now. */
  async forget(key: string, uploadId: string, kept: readonly StoredBlob[]): Promise<void> {
    const upload = this.#loaded(key, uploadId);
    this.#uploads.delete(uploadId);
    // The record is removed first: what is left of an upload without a record is removed at the next start.
    await rm(join(this.#uploadDirectory(uploadId), recordFile), { force: true });
    await rm(this.#uploadDirectory(uploadId), { recursive: true, force: true });
    const keptBlobs = new Set(kept.map(({ blob }) => blob));
    await this.#blobs.remove([...upload.parts.values()].filter(({ blob }) => !keptBlobs.has(blob)));
  }

  /** Must be called with ids that this class created: they only contain characters of base64url. */
  #uploadDirectory(uploadId: string): string {
    return join(this.#directory, uploadId);
  }
}
