import type { PendingUpload } from "@valetkey/client";
import { useCallback, useEffect, useState } from "react";
import { useStore } from "../activity/store.ts";
import { useWorkspace } from "../activity/workspace.ts";
import { can } from "../session/permissions.ts";
import { useSession } from "../session/session-context.ts";
import { isFinished } from "./upload-item.ts";

export interface PendingUploads {
  readonly pending: readonly PendingUpload[];
  readonly forget: (id: string) => void;
}

/** The uploads below a prefix that were started and not finished, without those that this page is sending. */
export function usePendingUploads(bucket: string, prefix: string): PendingUploads {
  const { client, viewer } = useSession();
  const own = useStore(useWorkspace().uploads);
  const [found, setFound] = useState<readonly PendingUpload[]>([]);

  useEffect(() => {
    setFound([]);
    if (!can(viewer, "UPLOAD", bucket, prefix)) return;
    let isCurrent = true;
    client.pendingUploads({ bucket, prefix }).then(
      (uploads) => isCurrent && setFound(uploads),
      // Without the list, the folder can be used all the same.
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [client, viewer, bucket, prefix]);

  const sent = new Set(
    own.filter((item) => !isFinished(item) || item.state === "done").map(({ key }) => key),
  );
  const forget = useCallback((id: string) => setFound((all) => all.filter((upload) => upload.id !== id)), []);
  return { pending: found.filter(({ key }) => !sent.has(key)), forget };
}
