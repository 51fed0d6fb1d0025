import { LRUCache } from "lru-cache";
import type { StoredObject } from "../objects/stored-object.ts";
import { toUploadKey, type UploadAddress } from "./upload-descriptor.ts";

const maxRemembered = 10_000;

interface Completion {
  readonly etag: string;
  /** The object. Undefined if S3 refused, or if its response was lost. */
  readonly stored: Promise<StoredObject | undefined>;
}

/** The last 10,000 uploads that this process completed, with the objects that they became. */
export class RecentCompletions {
  readonly #completions = new LRUCache<string, Completion>({ max: maxRemembered });
  readonly #underWay = new Map<string, Promise<StoredObject>>();

  /**
   * Completes an upload once for all concurrent requests. It is remembered from then on, because a later request may
   * find the upload gone before S3's response has arrived.
   * @param etag the ETag that the object will have
   */
  complete(upload: UploadAddress, etag: string, call: () => Promise<StoredObject>): Promise<StoredObject> {
    const name = toUploadKey(upload);
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) return underWay;
    const completing = call().finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, completing);
    this.#completions.set(name, { etag, stored: completing.catch(() => undefined) });
    return completing;
  }

  /** Undefined if the upload was not completed by this process, or too long ago. */
  etagOf(upload: UploadAddress): string | undefined {
    return this.#completions.get(toUploadKey(upload))?.etag;
  }

  /** What S3 returned for the completion, for callers who may not read the object. */
  async storedAs(upload: UploadAddress): Promise<StoredObject | undefined> {
    return this.#completions.get(toUploadKey(upload))?.stored;
  }
}
