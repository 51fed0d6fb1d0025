import { LRUCache } from "lru-cache";
import type { UploadAddress } from "./upload-id.ts";

const maxRemembered = 10_000;

/** The uploads that this process had S3 complete, the last 10,000, with the ETags of the objects that they became. */
export class CompletedUploads {
  readonly #etags = new LRUCache<string, string>({ max: maxRemembered });

  remember(upload: UploadAddress, etag: string): void {
    this.#etags.set(nameOf(upload), etag);
  }

  /** Undefined: not completed here, or too long ago. */
  etagOf(upload: UploadAddress): string | undefined {
    return this.#etags.get(nameOf(upload));
  }
}

function nameOf({ bucket, key, uploadId }: UploadAddress): string {
  return JSON.stringify([bucket, key, uploadId]);
}
