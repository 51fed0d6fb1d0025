import { useMemo, useSyncExternalStore } from "react";
import { FolderContents, type FolderPlace, type FolderState, loadingFolder } from "./folder-contents.ts";
import { useValetKey } from "./provider.ts";

export interface UseObjectsResult extends FolderState {
  /** Loads the next page. Undefined if there is none. */
  readonly loadMore: (() => void) | undefined;
  /** Loads again what has been loaded so far. */
  readonly refresh: () => void;
}

/**
 * One level of a bucket, as a file browser shows it. The list is refreshed after an upload, a copy, a move or a removal by the
 * same client below the prefix.
 */
export function useObjects({ bucket, prefix, region }: FolderPlace): UseObjectsResult {
  const client = useValetKey();
  const contents = useMemo(
    () => new FolderContents(client, { bucket, prefix, region }),
    [client, bucket, prefix, region],
  );
  const state = useSyncExternalStore(contents.subscribe, contents.getSnapshot, () => loadingFolder);
  const { loadMore, refresh } = contents;
  return { ...state, loadMore: state.hasNextPage ? loadMore : undefined, refresh };
}
