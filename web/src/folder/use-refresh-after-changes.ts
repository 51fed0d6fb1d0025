import { useEffect, useRef } from "react";
import { useWorkspace } from "../activity/workspace.ts";

/** Many uploads that end at the same time cause one refresh. */
const delayMs = 300;

/** Loads the folder again after something in it was stored or deleted. */
export function useRefreshAfterChanges(bucket: string, prefix: string, refresh: () => void): void {
  const { changes } = useWorkspace();
  const latest = useRef(refresh);
  latest.current = refresh;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = changes.subscribe((changedBucket, key) => {
      if (changedBucket !== bucket || !key.startsWith(prefix)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current();
      }, delayMs);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [changes, bucket, prefix]);
}
