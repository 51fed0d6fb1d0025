import { toValetKeyError, type ValetKeyError } from "../core/errors.ts";
import type { DownloadOptions, ObjectRef, SignedUrl, ValetKey } from "../index.ts";
import { CachedUrl, type DownloadUrlState, loadingUrl, type UrlRequest } from "./cached-url.ts";
import { onWake } from "./wake-events.ts";

/** How many URLs are kept that no component uses at the moment. */
const maxUnused = 500;

/** The same text for the same object and options, whatever the identity of the objects in memory. */
export function toUrlKey(object: ObjectRef, options: DownloadOptions): string {
  const { bucket, key, region, versionId } = object;
  const { expiresIn, verify, disposition, filename, contentType, stableFor } = options;
  return JSON.stringify({
    object: { bucket, key, region, versionId },
    options: { expiresIn, verify, disposition, filename, contentType, stableFor },
  });
}

/** The download URLs of a client: each is requested once for all components, and again before it expires. */
export class DownloadUrlCache {
  readonly #client: ValetKey;
  /** By toUrlKey. Those that were used last are at the end. */
  readonly #urls = new Map<string, CachedUrl>();
  /** How many URLs components use at the moment. */
  #used = 0;
  #waiting: CachedUrl[] = [];
  #stopListening: (() => void) | undefined;

  constructor(client: ValetKey) {
    this.#client = client;
  }

  getState(key: string): DownloadUrlState {
    return this.#urls.get(key)?.state.value ?? loadingUrl;
  }

  /** Requests the URL if need be, and keeps it fresh until the returned function is called. */
  subscribe(key: string, listener: () => void): () => void {
    const url = this.#urls.get(key) ?? this.#create(key);
    if (!url.state.hasListeners) this.#used++;
    const remove = url.state.listen(listener);
    if (url.isDue) this.#request(url);
    this.#stopListening ??= onWake(() => this.#requestThoseDue());
    return () => {
      remove();
      if (!url.state.hasListeners) this.#release(key, url);
    };
  }

  /** Requests the URL now, for example after the user has signed in. */
  refresh(key: string): void {
    const url = this.#urls.get(key);
    if (url?.state.hasListeners) this.#request(url);
  }

  #create(key: string): CachedUrl {
    const request: UrlRequest = JSON.parse(key);
    const url = new CachedUrl(request, () => {
      if (url.state.hasListeners) this.#request(url);
      else this.#delete(key, url);
    });
    this.#urls.set(key, url);
    return url;
  }

  /** Keeps a URL that works for the component that will need it next. */
  #release(key: string, url: CachedUrl): void {
    this.#used--;
    if (url.state.value.error !== undefined) this.#delete(key, url);
    else if (this.#urls.delete(key)) this.#urls.set(key, url);
    if (this.#urls.size - this.#used > maxUnused) this.#deleteOldest();
    if (this.#used > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #deleteOldest(): void {
    const oldest = [...this.#urls].find(([, { state }]) => !state.hasListeners);
    if (oldest !== undefined) this.#delete(...oldest);
  }

  #delete(key: string, url: CachedUrl): void {
    url.stop();
    if (this.#urls.get(key) === url) this.#urls.delete(key);
  }

  #requestThoseDue(): void {
    for (const url of this.#urls.values()) if (url.isDue && url.state.hasListeners) this.#request(url);
  }

  /** Those that are requested before the next microtask become one request to the server. */
  #request(url: CachedUrl): void {
    if (url.isRequested) return;
    url.setRequested();
    if (this.#waiting.push(url) === 1) queueMicrotask(() => this.#send());
  }

  #send(): void {
    const groups = new Map<string, CachedUrl[]>();
    for (const url of this.#waiting) {
      // The component was unmounted in the meantime.
      if (!url.state.hasListeners) url.isRequested = false;
      else {
        const options = JSON.stringify(url.request.options);
        groups.set(options, [...(groups.get(options) ?? []), url]);
      }
    }
    this.#waiting = [];
    for (const urls of groups.values()) void this.#fetch(urls);
  }

  async #fetch(urls: readonly CachedUrl[]): Promise<void> {
    const results = await this.#resultsOf(urls);
    urls.forEach((url, index) => {
      const result = results[index];
      if (result !== undefined) url.settle(result);
    });
  }

  async #resultsOf(urls: readonly CachedUrl[]): Promise<readonly (SignedUrl | ValetKeyError)[]> {
    const objects = urls.map(({ request }) => request.object);
    const [first] = urls;
    try {
      return await this.#client.downloadUrls(objects, first?.request.options);
    } catch (thrown) {
      const error = toValetKeyError(thrown);
      return urls.map(() => error);
    }
  }
}

const caches = new WeakMap<ValetKey, DownloadUrlCache>();

/** The cache that all components with this client share. */
export function downloadUrlCacheOf(client: ValetKey): DownloadUrlCache {
  const cache = caches.get(client) ?? new DownloadUrlCache(client);
  caches.set(client, cache);
  return cache;
}
