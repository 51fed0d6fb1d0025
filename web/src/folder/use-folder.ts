import type { FolderPage } from "@valetkey/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useSession } from "../session/session-context.ts";
import { type Entry, toFileEntry, toFolderEntry } from "./entry.ts";

export interface FolderView {
  readonly entries: readonly Entry[];
  readonly loading: boolean;
  readonly error: unknown;
  /** Undefined if everything is loaded. */
  readonly loadMore: (() => void) | undefined;
  /** Loads as many entries again as were loaded before. */
  readonly refresh: () => void;
}

interface Loaded {
  readonly entries: readonly Entry[];
  readonly loading: boolean;
  readonly error: unknown;
  readonly cursor: string | undefined;
}

const defaultPageSize = 100;
const maxPageSize = 1_000;
const nothing: Loaded = { entries: [], loading: true, error: undefined, cursor: undefined };

/**
 * The entries of a folder, page by page.
 *
 * @param startsWith only entries whose names start with this
 */
export function useFolder(bucket: string, prefix: string, startsWith = ""): FolderView {
  const { client } = useSession();
  const [loaded, setLoaded] = useState(nothing);
  // A result that comes after a newer request was made is ignored.
  const newest = useRef(0);

  const load = useCallback(
    async (before: readonly Entry[], after: string | undefined, atLeast: number) => {
      newest.current += 1;
      const request = newest.current;
      setLoaded((current) => ({ ...current, loading: true, error: undefined }));
      let entries = before;
      let cursor = after;
      try {
        do {
          // Many that are loaded again come in large pages.
          const pageSize = Math.min(maxPageSize, Math.max(defaultPageSize, atLeast - entries.length));
          const page = await client.folder({ bucket, prefix: prefix + startsWith, after: cursor, pageSize });
          if (request !== newest.current) return;
          entries = [...entries, ...toEntries(page, bucket, prefix)];
          cursor = page.hasNextPage ? page.endCursor : undefined;
        } while (cursor !== undefined && entries.length < atLeast);
        setLoaded({ entries, cursor, loading: false, error: undefined });
      } catch (error) {
        if (request === newest.current) setLoaded((current) => ({ ...current, loading: false, error }));
      }
    },
    [client, bucket, prefix, startsWith],
  );

  useEffect(() => {
    setLoaded(nothing);
    void load([], undefined, 0);
    return () => {
      newest.current += 1;
    };
  }, [load]);

  const { entries, loading, error, cursor } = loaded;
  const refresh = useCallback(() => void load([], undefined, entries.length), [load, entries.length]);
  const loadMore = cursor === undefined ? undefined : () => void load(entries, cursor, 0);
  return { entries, loading, error, loadMore, refresh };
}

/** Folders first. The object that some programs store to mark an empty folder is not shown. */
function toEntries({ folders, objects }: FolderPage, bucket: string, prefix: string): Entry[] {
  return [
    ...folders.map((key) => toFolderEntry(bucket, key)),
    ...objects.filter(({ key }) => key !== prefix).map(toFileEntry),
  ];
}
