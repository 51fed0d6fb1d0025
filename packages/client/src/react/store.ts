/** What useSyncExternalStore reads: a value that never changes in place, and those who want to know of a new one. */
export class Store<Value> {
  #value: Value;
  readonly #listeners = new Set<() => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  set(value: Value): void {
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Returns a function that removes the listener. */
  listen(listener: () => void): () => void {
    // A function of its own, because one listener may be added twice.
    const added = () => listener();
    this.#listeners.add(added);
    return () => this.#listeners.delete(added);
  }
}
