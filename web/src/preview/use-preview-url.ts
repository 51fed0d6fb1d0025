import type { DownloadOptions, StoredObject } from "@valetkey/client";
import { useEffect, useState } from "react";
import { useSession } from "../session/session-context.ts";
import type { PreviewKind } from "./preview-kind.ts";

/**
 * The content type is overridden where the browser would otherwise decide by what is stored: a file that is called .pdf
 * and stored as HTML must not become a page.
 */
function optionsOf(kind: PreviewKind): DownloadOptions {
  switch (kind) {
    case "pdf":
      return { disposition: "INLINE", contentType: "application/pdf" };
    case "text":
      return { disposition: "ATTACHMENT", contentType: "text/plain; charset=utf-8" };
    default:
      // Ignored by the elements that show media, but not by a browser that opens the URL.
      return { disposition: "ATTACHMENT" };
  }
}

export function usePreviewUrl(
  { bucket, key, region }: StoredObject,
  kind: PreviewKind,
): { url: string | undefined; error: unknown } {
  const { client } = useSession();
  const [result, setResult] = useState<{ url?: string; error?: unknown }>({});
  useEffect(() => {
    let isCurrent = true;
    setResult({});
    client.downloadUrl({ bucket, key, region }, { ...optionsOf(kind), verify: false }).then(
      ({ url }) => isCurrent && setResult({ url }),
      (error) => isCurrent && setResult({ error }),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, bucket, key, region, kind]);
  return { url: result.url, error: result.error };
}
