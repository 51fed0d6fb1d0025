import { ValetKeyError } from "../core/errors.ts";
import type { DownloadOptions, ObjectRef, SignedUrl } from "../index.ts";
import { refreshDelayMs, repeatDelayMs } from "./refresh-delay.ts";
import { Store } from "./store.ts";

export interface DownloadUrlState {
  /** The last URL that arrived. It stays while a new one is requested. */
  readonly url: string | undefined;
  readonly expiresAt: Date | undefined;
  readonly error: ValetKeyError | undefined;
  /** Whether the first URL is still on its way. */
  readonly loading: boolean;
}

export const idleUrl: DownloadUrlState = {
  url: undefined,
  expiresAt: undefined,
  error: undefined,
  loading: false,
};
export const loadingUrl: DownloadUrlState = { ...idleUrl, loading: true };

export interface UrlRequest {
  readonly object: ObjectRef;
  readonly options: DownloadOptions;
}

/** The URL of one object, and when to request it again. */
export class CachedUrl {
  readonly request: UrlRequest;
  readonly state: Store<DownloadUrlState> = new Store(loadingUrl);
  /** Whether a request is waiting or on its way. */
  isRequested = false;
  readonly #onDue: (url: CachedUrl) => void;
  #dueAtMs = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onDue called when the URL has to be requested again */
  constructor(request: UrlRequest, onDue: (url: CachedUrl) => void) {
    this.request = request;
    this.#onDue = onDue;
  }

  get isDue(): boolean {
    return Date.now() >= this.#dueAtMs;
  }

  /** Shows a component that its own request has an effect: an error without a URL becomes "loading". */
  setRequested(): void {
    this.isRequested = true;
    const { url, error } = this.state.value;
    if (url === undefined && error !== undefined) this.state.set(loadingUrl);
  }

  settle(result: SignedUrl | ValetKeyError): void {
    this.isRequested = false;
    if (!(result instanceof ValetKeyError)) {
      this.#failures = 0;
      this.#wait(refreshDelayMs(result.expiresAt, Date.now(), this.request.options.expiresIn));
      this.state.set({ url: result.url, expiresAt: result.expiresAt, error: undefined, loading: false });
    } else if (result.retryable) {
      this.#failures++;
      this.#wait(repeatDelayMs(this.#failures));
      this.state.set({ ...this.state.value, error: result, loading: false });
    } else {
      // The object is gone, or the caller may no longer read it.
      this.#wait(undefined);
      this.state.set({ ...idleUrl, error: result });
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number | undefined): void {
    clearTimeout(this.#timer);
    this.#dueAtMs = ms === undefined ? Number.POSITIVE_INFINITY : Date.now() + ms;
    if (ms !== undefined) this.#timer = setTimeout(() => this.#onDue(this), ms);
  }
}
