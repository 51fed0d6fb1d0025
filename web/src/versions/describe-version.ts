import type { ObjectVersion } from "@valetkey/client";
import { formatBytes, formatMoment } from "../format/quantities.ts";

/** `28 Nov 2026, 14:02, 1.2 MB`, or `28 Nov 2026, 14:02, deleted`. */
export function describeVersion({ lastModified, size, isDeleteMarker }: ObjectVersion): string {
  const moment = lastModified === undefined ? "Unknown time" : formatMoment(lastModified);
  return `${moment}, ${isDeleteMarker ? "deleted" : formatBytes(size ?? 0)}`;
}
