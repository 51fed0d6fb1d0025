import { LRUCache } from "lru-cache";
import { ConcurrencyLimit } from "../core/concurrency-limit.ts";
import { ObjectStoredHookFailure, ValetKeyError } from "../core/errors.ts";
import type { StoredEvent } from "./stored-event.ts";

/**
 * Called after an object was stored, before the caller is told. If it rejects, the caller's mutation fails, and the
 * object stays stored. An object may be reported more than once, so handle the same `bucket`, `key`, `etag` and
 * `versionId` only once. `signal` is aborted when the caller is no longer waiting.
 */
export type OnObjectStored = (
  event: StoredEvent,
  options: { readonly signal: AbortSignal },
) => void | Promise<void>;

/** How many calls of the hook run at the same time in this process. */
const maxRunning = 64;
const maxWaiting = 1_000;
const maxWaitMs = 10_000;
const maxRemembered = 10_000;

export interface HookCallOptions {
  /** How long the caller waits for the hook. */
  readonly timeoutMs: number;
  /**
   * Identifies what is reported. Concurrent calls with the same text share one call of the hook, and after it has
   * succeeded there is no other one in this process.
   */
  readonly once?: string | undefined;
}

/** Calls the hook, within limits of time and number. */
export class ObjectStoredHook {
  readonly #hook: OnObjectStored;
  readonly #limit = new ConcurrencyLimit({
    maxRunning,
    maxWaiting,
    maxWaitMs,
    message: "The object is stored, but too many others are being processed. Try again later.",
  });
  readonly #succeeded = new LRUCache<string, true>({ max: maxRemembered });
  readonly #running = new Map<string, Promise<void>>();

  constructor(hook: OnObjectStored) {
    this.#hook = hook;
  }

  /**
   * @throws {ValetKeyError} the hook's own one; TIMEOUT; OVERLOADED; otherwise {@link ObjectStoredHookFailure}
   */
  async call(event: StoredEvent, { timeoutMs, once }: HookCallOptions): Promise<void> {
    if (once !== undefined && this.#succeeded.has(once)) return;
    const timeUp = new AbortController();
    const running =
      (once !== undefined && this.#running.get(once)) || this.#start(event, timeUp.signal, once);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        timeUp.abort();
        reject(tooSlow());
      }, timeoutMs);
    });
    try {
      // A hook that fails after its time is not an unhandled rejection, because the race still observes it.
      await Promise.race([running, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #start(event: StoredEvent, signal: AbortSignal, once: string | undefined): Promise<void> {
    const running = this.#limit.run(() => this.#run(event, signal));
    if (once === undefined) return await running;
    this.#running.set(once, running);
    try {
      await running;
      this.#succeeded.set(once, true);
    } finally {
      this.#running.delete(once);
    }
  }

  async #run(event: StoredEvent, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw tooSlow();
    try {
      await this.#hook(event, { signal });
    } catch (error) {
      throw error instanceof ValetKeyError ? error : new ObjectStoredHookFailure(error);
    }
  }
}

function tooSlow(): ValetKeyError {
  return new ValetKeyError("TIMEOUT", "The object is stored, but processing it took too long. Try again.");
}
