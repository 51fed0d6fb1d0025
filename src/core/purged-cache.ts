import { LRUCache } from "lru-cache";

export type PurgedCacheOptions<Value extends object> = LRUCache.OptionsMaxLimit<string, Value, unknown> & {
  /** In milliseconds. */
  readonly now: () => number;
};

const purgeEveryMs = 60_000;

/**
 * A bounded cache whose expired entries do not stay until others take their place: each minute in which an entry is
 * added, they are removed.
 */
export class PurgedCache<Value extends object> extends LRUCache<string, Value> {
  readonly #now: () => number;
  #purgedAtMs: number;

  constructor({ now, ...options }: PurgedCacheOptions<Value>) {
    super({ ...options, perf: { now }, ttlResolution: 0 });
    this.#now = now;
    this.#purgedAtMs = now();
  }

  override set(...entry: Parameters<LRUCache<string, Value>["set"]>): this {
    const now = this.#now();
    if (now - this.#purgedAtMs >= purgeEveryMs) {
      this.#purgedAtMs = now;
      this.purgeStale();
    }
    return super.set(...entry);
  }
}
