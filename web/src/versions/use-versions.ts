import type { ObjectRef, ObjectVersion } from "@valetkey/client";
import { useCallback, useEffect, useState } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { useSession } from "../session/session-context.ts";

const shownAtOnce = 50;

interface Loaded {
  readonly versions: readonly ObjectVersion[];
  /** What follows. Undefined if these are all. */
  readonly rest: AsyncIterator<ObjectVersion> | undefined;
  readonly error: unknown;
}

const nothing: Loaded = { versions: [], rest: undefined, error: undefined };

/** The versions of one object, newest first. They are loaded again whenever the object has changed. */
export function useVersions({ bucket, key }: ObjectRef): {
  versions: readonly ObjectVersion[];
  error: unknown;
  /** Undefined if there are no more. */
  loadMore: (() => void) | undefined;
} {
  const { client } = useSession();
  const { changes } = useWorkspace();
  const [loaded, setLoaded] = useState(nothing);
  useEffect(() => {
    // Only the newest request may change what is shown.
    let current = 0;
    const load = async () => {
      current += 1;
      const request = current;
      const list = client.versions({ bucket, key, pageSize: shownAtOnce })[Symbol.asyncIterator]();
      const next = await takeFrom(list, []);
      if (request === current) setLoaded(next);
    };
    setLoaded(nothing);
    void load();
    const unsubscribe = changes.subscribe((changedBucket, changedKey) => {
      if (changedBucket === bucket && changedKey === key) void load();
    });
    return () => {
      current = -1;
      unsubscribe();
    };
  }, [client, changes, bucket, key]);
  const { versions, rest, error } = loaded;
  const loadMore = useCallback(async () => {
    if (rest === undefined) return;
    const next = await takeFrom(rest, versions);
    // Unless the list was loaded anew in the meantime.
    setLoaded((now) => (now.rest === rest ? next : now));
  }, [rest, versions]);
  return { versions, error, loadMore: rest === undefined ? undefined : () => void loadMore() };
}

/** The next versions after those that are known. An error leaves these. */
async function takeFrom(
  list: AsyncIterator<ObjectVersion>,
  known: readonly ObjectVersion[],
): Promise<Loaded> {
  const versions = [...known];
  try {
    for (let taken = 0; taken < shownAtOnce; taken += 1) {
      const { done, value } = await list.next();
      if (done) return { versions, rest: undefined, error: undefined };
      versions.push(value);
    }
    return { versions, rest: list, error: undefined };
  } catch (error) {
    return { versions, rest: undefined, error };
  }
}
