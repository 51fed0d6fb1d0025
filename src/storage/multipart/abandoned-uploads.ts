import { setTimeout as delay } from "node:timers/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { mapConcurrently } from "../../core/map-concurrently.ts";
import { abortMultipartUpload } from "./multipart-uploads.ts";
import type { UploadAddress } from "./upload-descriptor.ts";

export interface AbandonedUploadsOptions {
  readonly retryMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  /** Called for an upload that could not be aborted. A sweep or a lifecycle rule has to remove it. */
  readonly onGivenUp?: ((upload: UploadAddress, error: unknown) => void) | undefined;
}

interface Abandoned {
  readonly upload: UploadAddress;
  readonly s3: () => Promise<S3Client>;
  attempts: number;
  lastError: unknown;
  /** Defined while an attempt is in progress. */
  attempt: Promise<void> | undefined;
}

const maxRemembered = 10_000;
const parallelAttempts = 8;

/** Aborts multipart uploads, and retries until they are gone. */
export class AbandonedUploads {
  readonly #retryMs: number;
  readonly #maxAttempts: number;
  readonly #onGivenUp: (upload: UploadAddress, error: unknown) => void;
  readonly #uploads = new Set<Abandoned>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ retryMs = 30_000, maxAttempts = 20, onGivenUp = () => {} }: AbandonedUploadsOptions = {}) {
    this.#retryMs = retryMs;
    this.#maxAttempts = maxAttempts;
    this.#onGivenUp = onGivenUp;
  }

  get size(): number {
    return this.#uploads.size;
  }

  /**
   * Aborts an upload. Resolves after the first attempt and never rejects.
   * @param s3 returns a client that may abort the upload, with credentials that are valid at that time
   */
  async abort(upload: UploadAddress, s3: () => Promise<S3Client>): Promise<void> {
    const abandoned: Abandoned = { upload, s3, attempts: 0, lastError: undefined, attempt: undefined };
    this.#uploads.add(abandoned);
    await this.#try(abandoned);
    this.#schedule();
  }

  /** Tries every upload once. Never rejects. */
  async retryAll(): Promise<void> {
    await mapConcurrently([...this.#uploads], parallelAttempts, (abandoned) => this.#try(abandoned));
  }

  /** Waits for the attempts in progress, tries every upload a last time, and reports those that remain. */
  async close(deadlineMs: number): Promise<void> {
    clearTimeout(this.#timer);
    const last = async () => {
      await Promise.all([...this.#uploads].map(({ attempt }) => attempt));
      await this.retryAll();
    };
    const ended = new AbortController();
    await Promise.race([last(), delay(deadlineMs, undefined, ended)]);
    ended.abort();
    for (const abandoned of this.#uploads) this.#giveUp(abandoned);
  }

  #try(abandoned: Abandoned): Promise<void> {
    abandoned.attempt ??= this.#attempt(abandoned).finally(() => {
      abandoned.attempt = undefined;
    });
    return abandoned.attempt;
  }

  async #attempt(abandoned: Abandoned): Promise<void> {
    try {
      await abortMultipartUpload(await abandoned.s3(), abandoned.upload);
      this.#uploads.delete(abandoned);
    } catch (error) {
      abandoned.attempts += 1;
      abandoned.lastError = error;
      const isHopeless = abandoned.attempts >= this.#maxAttempts || this.size > maxRemembered;
      if (isHopeless) this.#giveUp(abandoned);
    }
  }

  #giveUp(abandoned: Abandoned): void {
    if (this.#uploads.delete(abandoned)) this.#onGivenUp(abandoned.upload, abandoned.lastError);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#uploads.size === 0) return;
    this.#timer = setTimeout(async () => {
      await this.retryAll();
      this.#timer = undefined;
      this.#schedule();
    }, this.#retryMs);
    this.#timer.unref();
  }
}
