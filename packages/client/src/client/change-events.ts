/** Objects whose keys begin with `prefix` may have been stored or removed. For one object, `prefix` is its key. */
export interface ObjectChange {
  readonly bucket: string;
  readonly prefix: string;
}

/** An object, or everything below a prefix. */
export interface Place {
  readonly bucket: string;
  readonly key?: string;
  readonly prefix?: string;
}

/** Tells listeners what one client has changed. */
export class ChangeEvents {
  readonly #listeners = new Set<(change: ObjectChange) => void>();

  /** Returns a function that removes the listener. */
  listen(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reports these places when the work has ended, also if it failed, because then a part of it may be done. */
  after<Result>(work: Promise<Result>, places: readonly Place[]): Promise<Result> {
    const report = () => {
      for (const place of places) {
        // For callers without types: the work has failed because of its arguments.
        if (typeof place?.bucket !== "string") continue;
        const { bucket, key = "", prefix = key } = place;
        for (const listener of this.#listeners) listener({ bucket, prefix });
      }
    };
    // An error of a listener is reported as an unhandled rejection, and is not one of the work.
    void work.then(report, report);
    return work;
  }
}
