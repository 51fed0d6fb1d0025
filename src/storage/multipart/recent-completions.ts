import { LRUCache } from "lru-cache";
import { z } from "zod";
import { noSharedMemory, type SharedMemory } from "../../core/shared-memory.ts";
import type { StoredObject } from "../objects/stored-object.ts";
import { toUploadKey, type UploadAddress } from "./upload-descriptor.ts";

const maxRemembered = 10_000;
const sharedForMs = 6 * 3_600_000;

interface Completion {
  readonly etag: string;
  /** The object. Undefined if S3 refused, or if its response was lost. */
  readonly stored: Promise<StoredObject | undefined>;
}

const entrySchema = z.object({
  etag: z.string(),
  stored: z.object({ etag: z.string(), sizeBytes: z.number(), versionId: z.string().optional() }).optional(),
});
type Entry = z.output<typeof entrySchema>;

/**
 * The last 10,000 uploads that this process completed, with the objects that they became, and those that other replicas
 * share.
 */
export class RecentCompletions {
  readonly #completions = new LRUCache<string, Completion>({ max: maxRemembered });
  readonly #underWay = new Map<string, Promise<StoredObject>>();
  readonly #memory: SharedMemory;

  /** @param memory what replicas share. Default: nothing */
  constructor(memory: SharedMemory = noSharedMemory) {
    this.#memory = memory;
  }

  /**
   * Completes an upload once for all concurrent requests. It is remembered from then on, because a later request may
   * find the upload gone before S3's response has arrived, or after this process has ended.
   * @param etag the ETag that the object will have
   */
  complete(upload: UploadAddress, etag: string, call: () => Promise<StoredObject>): Promise<StoredObject> {
    const name = toUploadKey(upload);
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) return underWay;
    const completing = this.#share(name, { etag })
      .then(call)
      .finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, completing);
    const stored = completing.catch(() => undefined);
    this.#completions.set(name, { etag, stored });
    void stored.then((object) => object && this.#share(name, { etag, stored: object }));
    return completing;
  }

  /** Undefined if no process that shares it completed the upload, or too long ago. */
  async etagOf(upload: UploadAddress): Promise<string | undefined> {
    return this.#completions.get(toUploadKey(upload))?.etag ?? (await this.#shared(upload))?.etag;
  }

  /** What S3 returned for the completion, for callers who may not read the object. */
  async storedAs(upload: UploadAddress): Promise<StoredObject | undefined> {
    const own = this.#completions.get(toUploadKey(upload));
    if (own !== undefined) return await own.stored;
    const { region, bucket, key } = upload;
    const stored = (await this.#shared(upload))?.stored;
    return stored && { region, bucket, key, ...stored };
  }

  async #share(name: string, entry: Entry): Promise<void> {
    // A completion describes neither the type nor the metadata of the object, so its entry is small.
    await this.#memory.write("completion", name, JSON.stringify(entrySchema.parse(entry)), sharedForMs);
  }

  async #shared(upload: UploadAddress): Promise<Entry | undefined> {
    const text = await this.#memory.read("completion", toUploadKey(upload));
    if (text === undefined) return undefined;
    // Another version of this program may have written something else.
    const parsed = entrySchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  }
}
