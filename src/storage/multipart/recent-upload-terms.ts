import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { ChecksumAlgorithm } from "../checksums/checksum.ts";
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
}

const maxRemembered = 10_000;

interface Remembered {
  readonly upload: UploadDescriptor;
  readonly fingerprint: string;
}

/**
 * The terms of the last 10,000 uploads that this process began. S3 lists uploads without their terms, so only a process
 * that remembers them knows whether a resumed upload has the same ones, and which id the upload was given.
 */
export class RecentUploadTerms {
  readonly #remembered = new LRUCache<string, Remembered>({ max: maxRemembered });

  remember(upload: UploadDescriptor, terms: UploadTerms): void {
    this.#remembered.set(toUploadKey(upload), { upload, fingerprint: fingerprintOf(terms) });
  }

  /** @returns the upload as it was begun, or undefined if this process did not begin it, or has forgotten it */
  find(upload: UploadAddress): UploadDescriptor | undefined {
    return this.#remembered.get(toUploadKey(upload))?.upload;
  }

  /** @returns undefined if this process did not begin the upload, or has forgotten it */
  haveTerms(upload: UploadAddress, terms: UploadTerms): boolean | undefined {
    const fingerprint = this.#remembered.get(toUploadKey(upload))?.fingerprint;
    return fingerprint === undefined ? undefined : fingerprint === fingerprintOf(terms);
  }
}

/**
 * The fingerprint does not include `overwrite` and the value of the checksum, because they are enforced when the upload
 * is completed.
 */
function fingerprintOf({ plan, description, checksumAlgorithm }: UploadTerms): string {
  const { contentType, contentDisposition, contentEncoding, cacheControl, metadata, tags } = description;
  const stored = [contentType, contentDisposition, contentEncoding, cacheControl].map(
    (value) => value ?? null,
  );
  const pairs = [metadata, tags].map((list) => list.map(({ name, value }) => [name, value]));
  const terms = [plan.sizeBytes, plan.partBytes, checksumAlgorithm ?? null, stored, pairs];
  return hash("sha256", JSON.stringify(terms), "base64");
}
