import { maxItems } from "../core/batches.ts";
import { pages } from "../core/pages.ts";
import type { Transport } from "../core/transport.ts";
import { objectVersionsOperation } from "../generated/strings.ts";

export interface VersionsOptions {
  bucket: string;
  /** Only versions of objects below this prefix. Default: of the whole bucket. */
  prefix?: string | undefined;
  /** Only versions of this object. */
  key?: string | undefined;
  region?: string | undefined;
  /** How many versions are fetched at once, from 1 to 1,000. Default: 1,000. */
  pageSize?: number | undefined;
}

/**
 * A version of an object, or a delete marker. Like any ObjectRef, it can be passed to `downloadUrl`, `copy` and `remove`.
 */
export interface ObjectVersion {
  bucket: string;
  key: string;
  region: string;
  versionId: string;
  /** Whether it is the newest version or delete marker of its key. */
  isLatest: boolean;
  /** Whether it hides older versions and has no content. Removing it brings the object back. */
  isDeleteMarker: boolean;
  /** In bytes. Undefined for a delete marker, like `etag` and `storageClass`. */
  size: number | undefined;
  etag: string | undefined;
  /** When the version was stored, or the object was deleted. */
  lastModified: Date | undefined;
  storageClass: string | undefined;
}

/**
 * Versions and delete markers, newest first for each key. Pages are fetched as they are needed, so remove versions only
 * after the last one was returned: a store may skip the versions that follow one that no longer exists.
 */
export async function* versions(
  transport: Transport,
  options: VersionsOptions,
): AsyncGenerator<ObjectVersion, void, undefined> {
  const { pageSize = maxItems, ...place } = options ?? {};
  const fetch = async (after: string | undefined) =>
    (await transport.request(objectVersionsOperation, { ...place, first: pageSize, after })).objectVersions;
  for await (const { nodes } of pages(fetch)) yield* nodes;
}
