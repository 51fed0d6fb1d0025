import { toDate } from "../core/objects.ts";
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
  { pageSize = 1000, ...place }: VersionsOptions,
): AsyncGenerator<ObjectVersion, void, undefined> {
  let after: string | null | undefined;
  do {
    const variables = { ...place, first: pageSize, after };
    const { objectVersions } = await transport.request(objectVersionsOperation, variables);
    for (const { size, etag, lastModified, storageClass, ...version } of objectVersions.nodes) {
      yield {
        ...version,
        size: size ?? undefined,
        etag: etag ?? undefined,
        lastModified: toDate(lastModified),
        storageClass: storageClass ?? undefined,
      };
    }
    const { hasNextPage, endCursor } = objectVersions.pageInfo;
    after = hasNextPage ? endCursor : undefined;
  } while (after !== null && after !== undefined);
}
