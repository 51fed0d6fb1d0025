import { LRUCache } from "lru-cache";
import type { StoredObject } from "../objects/stored-object.ts";
import { toUploadKey, type UploadAddress } from "./upload-descriptor.ts";

const maxRemembered = 10_000;

interface Completion {
  readonly etag: string;
  /** Undefined: S3 refused, or its answer got lost. */
  readonly stored: Promise<StoredObject | undefined>;
}

/** The uploads that this process had S3 complete, the last 10,000, with the objects that they became. */
export class CompletedUploads {
  readonly #completions = new LRUCache<string, Completion>({ max: maxRemembered });
  readonly #underWay = new Map<string, Promise<StoredObject>>();

  /**
   * Has an upload completed once for all who ask for it at the same time. It is remembered from then on: who asks
   * later may find the upload gone before S3's answer is here.
   * @param etag that the object will have
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

  /** Undefined: not completed here, or too long ago. */
  etagOf(upload: UploadAddress): string | undefined {
    return this.#completions.get(toUploadKey(upload))?.etag;
  }

  /** What S3 said of it, for callers who may not look at it. */
  async storedAs(upload: UploadAddress): Promise<StoredObject | undefined> {
    return this.#completions.get(toUploadKey(upload))?.stored;
  }
}
