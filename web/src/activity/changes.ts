/** Tells folders that are shown when an object in them was stored or deleted. */
export class Changes {
  readonly #listeners = new Set<(bucket: string, key: string) => void>();

  subscribe(listener: (bucket: string, key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param key of an object or of a folder */
  notify(bucket: string, key: string): void {
    for (const listener of this.#listeners) listener(bucket, key);
  }
}
