import { useCallback, useSyncExternalStore } from "react";
import type { DownloadOptions, ObjectRef } from "../index.ts";
import { type DownloadUrlState, idleUrl, loadingUrl } from "./cached-url.ts";
import { downloadUrlCacheOf, toUrlKey } from "./download-url-cache.ts";
import { useValetKey } from "./provider.ts";

export interface UseDownloadUrlResult extends DownloadUrlState {
  /** Requests a new URL now. */
  readonly refresh: () => void;
}

const doNothing = () => {};

/**
 * A URL of an object, refreshed before it expires. Components that ask for the same object with the same options share
 * one request, and those that are mounted together become one request for many URLs.
 *
 * @param object undefined: there is nothing to request yet
 */
export function useDownloadUrl(
  object: ObjectRef | undefined,
  options: DownloadOptions = {},
): UseDownloadUrlResult {
  const cache = downloadUrlCacheOf(useValetKey());
  const key = object === undefined ? undefined : toUrlKey(object, options);
  const subscribe = useCallback(
    (listener: () => void) => (key === undefined ? doNothing : cache.subscribe(key, listener)),
    [cache, key],
  );
  const refresh = useCallback(() => {
    if (key !== undefined) cache.refresh(key);
  }, [cache, key]);
  const state = useSyncExternalStore(
    subscribe,
    () => (key === undefined ? idleUrl : cache.getState(key)),
    () => (key === undefined ? idleUrl : loadingUrl),
  );
  return { ...state, refresh };
}
