import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { mapConcurrently } from "../../core/map-concurrently.ts";
import { noSharedMemory, type SharedMemory } from "../../core/shared-memory.ts";
import { type ChecksumAlgorithm, checksumAlgorithms } from "../checksums/checksum.ts";
import type { ObjectDescription } from "../description/object-description.ts";
import { toUploadKey, type UploadAddress, type UploadDescriptor } from "./upload-descriptor.ts";
import type { UploadPlan } from "./upload-plan.ts";

/**
 * The properties that were sent to S3 when an upload began, and the plan of its parts. They cannot be changed later.
 */
export interface UploadTerms {
  readonly plan: UploadPlan;
  readonly description: ObjectDescription;
  /** The algorithm of the checksum of the whole object. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  /** Who began the upload, if the name of the role session does not say so. */
  readonly caller?: string | undefined;
}

const maxRemembered = 10_000;
const sharedForMs = 24 * 3_600_000;
const readsInParallel = 100;

interface Remembered {
  readonly upload: UploadDescriptor;
  readonly fingerprint: string;
}

const entrySchema = z.object({
  fingerprint: z.string(),
  sizeBytes: z.number(),
  partBytes: z.number(),
  overwrite: z.boolean(),
  contentType: z.string().optional(),
  checksum: z.object({ algorithm: z.enum(checksumAlgorithms), value: z.string().optional() }).optional(),
});

/**
 * The terms of the last 10,000 uploads that this process began, or that other replicas share. S3 lists uploads without
 * their terms, so only a process that remembers them knows whether a resumed upload has the same ones, and which id the
 * upload was given.
 */
export class RecentUploadTerms {
  readonly #remembered = new LRUCache<string, Remembered>({ max: maxRemembered });
  readonly #memory: SharedMemory;

  /** @param memory what replicas share. Default: nothing */
  constructor(memory: SharedMemory = noSharedMemory) {
    this.#memory = memory;
  }

  /** Resolves when other replicas know the terms too. */
  async remember(upload: UploadDescriptor, terms: UploadTerms): Promise<void> {
    const fingerprint = fingerprintOf(terms);
    const name = toUploadKey(upload);
    this.#remembered.set(name, { upload, fingerprint });
    // The schema keeps only the terms. The address is known to whoever looks for the entry.
    const entry = entrySchema.parse({ ...upload, fingerprint });
    await this.#memory.write("upload", name, JSON.stringify(entry), sharedForMs);
  }

  /** Learns what other replicas know about these uploads. */
  async load(uploads: readonly UploadAddress[]): Promise<void> {
    const unknown = uploads.filter((upload) => !this.#remembered.has(toUploadKey(upload)));
    await mapConcurrently(unknown, readsInParallel, async ({ region, bucket, key, uploadId }) => {
      const name = toUploadKey({ region, bucket, key, uploadId });
      const text = await this.#memory.read("upload", name);
      // Another version of this program may have written something else.
      const parsed = text === undefined ? undefined : entrySchema.safeParse(JSON.parse(text));
      if (!parsed?.success) return;
      const { fingerprint, ...terms } = parsed.data;
      this.#remembered.set(name, { upload: { region, bucket, key, uploadId, ...terms }, fingerprint });
    });
  }

  /** @returns the upload as it was begun, or undefined if its terms are not known */
  find(upload: UploadAddress): UploadDescriptor | undefined {
    return this.#remembered.get(toUploadKey(upload))?.upload;
  }

  /** @returns undefined if the terms of the upload are not known */
  haveTerms(upload: UploadAddress, terms: UploadTerms): boolean | undefined {
    const fingerprint = this.#remembered.get(toUploadKey(upload))?.fingerprint;
    return fingerprint === undefined ? undefined : fingerprint === fingerprintOf(terms);
  }
}

/**
 * The fingerprint does not include `overwrite` and the value of the checksum, because they are enforced when the upload
 * is completed.
 */
function fingerprintOf({ plan, description, checksumAlgorithm, caller }: UploadTerms): string {
  const { contentType, contentDisposition, contentEncoding, cacheControl, metadata, tags } = description;
  const stored = [contentType, contentDisposition, contentEncoding, cacheControl].map(
    (value) => value ?? null,
  );
  const pairs = [metadata, tags].map((list) => list.map(({ name, value }) => [name, value]));
  const terms = [plan.sizeBytes, plan.partBytes, checksumAlgorithm ?? null, stored, pairs];
  const ofCaller = caller === undefined ? terms : [...terms, caller];
  return hash("sha256", JSON.stringify(ofCaller), "base64");
}
