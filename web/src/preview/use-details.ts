import type { ObjectDetails, ObjectRef } from "@valetkey/client";
import { useEffect, useState } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { useSession } from "../session/session-context.ts";

export function useDetails({ bucket, key }: ObjectRef): {
  details: ObjectDetails | undefined;
  error: unknown;
} {
  const { client } = useSession();
  const { changes } = useWorkspace();
  const [result, setResult] = useState<{ details?: ObjectDetails; error?: unknown }>({});
  useEffect(() => {
    let isCurrent = true;
    const load = () =>
      client.details({ bucket, key }).then(
        (details) => isCurrent && setResult(details === undefined ? { error: notFound() } : { details }),
        (error) => isCurrent && setResult({ error }),
      );
    setResult({});
    void load();
    const unsubscribe = changes.subscribe((changedBucket, changedKey) => {
      if (changedBucket === bucket && changedKey === key) void load();
    });
    return () => {
      isCurrent = false;
      unsubscribe();
    };
  }, [client, changes, bucket, key]);
  return { details: result.details, error: result.error };
}

function notFound(): Error {
  return new Error("This file does not exist. It may have been moved or deleted.");
}
