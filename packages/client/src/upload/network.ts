/** Whether this machine has a network, as far as the browser knows. */
export interface Network {
  readonly isOnline: boolean;
  /** @returns stops watching */
  watch(onChange: (isOnline: boolean) => void): () => void;
}

/** Node has no such events: there, requests fail and are repeated. */
export const browserNetwork: Network = {
  get isOnline() {
    return globalThis.navigator?.onLine !== false;
  },
  watch(onChange) {
    if (typeof addEventListener !== "function") return () => {};
    const ended = new AbortController();
    for (const name of ["online", "offline"])
      addEventListener(name, () => onChange(name === "online"), { signal: ended.signal });
    return () => ended.abort();
  },
};
