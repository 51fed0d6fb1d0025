import type { Viewer } from "@valetkey/client";

export type Action = "DOWNLOAD" | "UPLOAD" | "LIST" | "DELETE";

/** Whether a grant allows the action for this key, or for everything below this prefix. */
export function can({ grants }: Viewer, action: Action, bucket: string, keyOrPrefix: string): boolean {
  return grants.some(
    (grant) =>
      grant.bucket === bucket && keyOrPrefix.startsWith(grant.prefix) && grant.actions.includes(action),
  );
}

const verbs: Readonly<Record<Action, string>> = {
  DOWNLOAD: "download files",
  UPLOAD: "upload files",
  LIST: "list files",
  DELETE: "delete files",
};

/** Why an action is disabled. */
export function whyNot(action: Action): string {
  return `You may not ${verbs[action]} here.`;
}

/** A bucket, or the part of it below a prefix, that the viewer has a grant for. */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** Where the viewer can go, without places that are inside another one. */
export function placesOf({ grants }: Viewer): Place[] {
  const sorted = grants.toSorted(
    (a, b) => a.bucket.localeCompare(b.bucket) || a.prefix.length - b.prefix.length,
  );
  const places: Place[] = [];
  for (const { bucket, prefix } of sorted) {
    const isInside = places.some((place) => place.bucket === bucket && prefix.startsWith(place.prefix));
    if (!isInside) places.push({ bucket, prefix });
  }
  return places;
}
