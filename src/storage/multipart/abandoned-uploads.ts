import { setTimeout as delay } from "node:timers/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { boundedParallel } from "../client/bounded-parallel.ts";
import { abortMultipartUpload } from "./multipart-uploads.ts";
import type { UploadAddress } from "./upload-descriptor.ts";

export interface AbandonedUploadsOptions {
  readonly retryMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  /** Called for an upload that stays behind; a sweep or a lifecycle rule has to remove it. */
  readonly onGivenUp?: ((upload: UploadAddress, error: unknown) => void) | undefined;
}

interface Abandoned {
  readonly upload: UploadAddress;
  readonly s3: () => Promise<S3Client>;
  attempts: number;
  lastError: unknown;
  /** While S3 is being asked. */
  attempt: Promise<void> | undefined;
}

const maxRemembered = 10_000;
const parallelAttempts = 8;

/** Multipart uploads that should be gone: aborted at once, or tried again until they are. */
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
   * Aborts an upload: resolves when that was tried once. Never rejects.
   * @param s3 gives a client that may abort the upload, with credentials that are good when it is called
   */
  async abort(upload: UploadAddress, s3: () => Promise<S3Client>): Promise<void> {
    const abandoned: Abandoned = { upload, s3, attempts: 0, lastError: undefined, attempt: undefined };
    this.#uploads.add(abandoned);
    await this.#try(abandoned);
    this.#schedule();
  }

  /** Tries each of them once; never rejects. */
  async retryAll(): Promise<void> {
    await boundedParallel([...this.#uploads], parallelAttempts, (abandoned) => this.#try(abandoned));
  }

  /** Waits for what is being tried, tries the rest a last time, and tells of those that stay behind. */
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
