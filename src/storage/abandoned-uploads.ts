import type { S3Client } from "@aws-sdk/client-s3";
import { abortMultipartUpload } from "./multipart-uploads.ts";
import type { UploadAddress } from "./upload-id.ts";

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
}

const maxRemembered = 10_000;

/** Multipart uploads that should be gone and could not be aborted yet: tried again until they are. */
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

  /** @param s3 gives a client that may abort the upload, with credentials that are good when it is called */
  add(upload: UploadAddress, s3: () => Promise<S3Client>): void {
    if (this.#uploads.size >= maxRemembered) {
      this.#onGivenUp(upload, new Error(`More than ${maxRemembered} abandoned uploads.`));
      return;
    }
    this.#uploads.add({ upload, s3, attempts: 0 });
    this.#schedule();
  }

  /** Aborts an upload now, or as soon as S3 lets it; never rejects. */
  async abort(upload: UploadAddress, s3: () => Promise<S3Client>): Promise<void> {
    try {
      await abortMultipartUpload(await s3(), upload);
    } catch {
      this.add(upload, s3);
    }
  }

  /** Tries each of them once, one after the other; never rejects. */
  async retryAll(): Promise<void> {
    for (const abandoned of [...this.#uploads]) {
      try {
        await abortMultipartUpload(await abandoned.s3(), abandoned.upload);
        this.#uploads.delete(abandoned);
      } catch (error) {
        abandoned.attempts += 1;
        if (abandoned.attempts < this.#maxAttempts) continue;
        this.#uploads.delete(abandoned);
        this.#onGivenUp(abandoned.upload, error);
      }
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
