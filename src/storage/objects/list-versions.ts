import { ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";
import { badUserInput } from "../../core/errors.ts";
import { type BucketAddress, maxKeyBytes, type ObjectKey } from "../../core/object-address.ts";
import { withStorageErrors } from "../client/to-storage-error.ts";
import { checkPageSize, decodeListedKey } from "./list-objects.ts";
import { type VersionListResponse, withListedOrder } from "./listed-order.ts";

export interface ListVersionsRequest {
  /** Only keys that begin with it. Empty: every key. */
  readonly prefix: string;
  /** Only versions of this key, which begins with the prefix. */
  readonly key?: ObjectKey | undefined;
  /** 1 to 1,000 */
  readonly first: number;
  /** A cursor of an earlier page. */
  readonly after?: string | undefined;
}

/** A version of an object, or a delete marker, as S3 lists it. */
export interface ListedVersion {
  readonly key: ObjectKey;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
  readonly sizeBytes?: number | undefined;
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
  readonly storageClass?: string | undefined;
  readonly cursor: string;
}

export interface VersionPage {
  readonly versions: readonly ListedVersion[];
  readonly hasNextPage: boolean;
  readonly endCursor: string | undefined;
}

/** A valid request for a page. */
export interface PageOfVersions {
  readonly prefix: string;
  readonly key: ObjectKey | undefined;
  readonly first: number;
  /** The end of the previous page. */
  readonly place: Place | undefined;
}

/** The version at the end of a page. */
type Place = Pick<ListedVersion, "key" | "versionId">;

/** @throws {ValetKeyError} BAD_USER_INPUT (first, after, key) */
export function parseVersionPage({ prefix, key, first, after }: ListVersionsRequest): PageOfVersions {
  checkPageSize(first);
  if (key !== undefined && !key.startsWith(prefix)) {
    throw badUserInput("key", "The key does not begin with the prefix. Omit one of them.");
  }
  // The versions of a key come before those of all other keys that begin with it.
  const wanted = key ?? prefix;
  return { prefix: wanted, key, first, place: after === undefined ? undefined : openCursor(after, wanted) };
}

/**
 * One page of a bucket's versions and delete markers, in the order of the UTF-8 bytes of their keys, and newest first for
 * each key. It costs one call to S3. In a bucket without versioning every object has the version "null".
 *
 * @throws {ValetKeyError} BUCKET_NOT_FOUND, FORBIDDEN, STORAGE_UNAVAILABLE
 */
export async function listVersions(
  s3: S3Client,
  { bucket }: BucketAddress,
  { prefix, key, first, place }: PageOfVersions,
): Promise<VersionPage> {
  const command = new ListObjectVersionsCommand({
    Bucket: bucket,
    Prefix: prefix,
    MaxKeys: first,
    KeyMarker: place?.key,
    VersionIdMarker: place?.versionId,
    // Keys are requested percent-encoded, because XML cannot represent every key.
    EncodingType: "url",
  });
  const output: VersionListResponse = await withStorageErrors(
    { operation: "ListObjectVersions", subject: "bucket" },
    s3.send(withListedOrder(command)),
  );
  const listed = toVersions(output);
  const versions = key === undefined ? listed : listed.filter((version) => version.key === key);
  return {
    versions,
    // After the last version of a key, other keys follow.
    hasNextPage: (output.IsTruncated ?? false) && versions.length === listed.length,
    endCursor: versions.at(-1)?.cursor,
  };
}

function toVersions({
  Versions,
  DeleteMarkers,
  DeleteMarkerFlags = [],
}: VersionListResponse): ListedVersion[] {
  const versions = (Versions ?? []).values();
  const deleteMarkers = (DeleteMarkers ?? []).values();
  return DeleteMarkerFlags.flatMap((isDeleteMarker): ListedVersion[] => {
    if (isDeleteMarker) {
      const { value: marker } = deleteMarkers.next();
      return marker === undefined ? [] : [{ ...placeAndTimeOf(marker), isDeleteMarker }];
    }
    const { value: version } = versions.next();
    if (version === undefined) return [];
    const { Size, ETag, StorageClass } = version;
    const facts = { sizeBytes: Size, etag: ETag, storageClass: StorageClass };
    return [{ ...placeAndTimeOf(version), isDeleteMarker, ...facts }];
  });
}

interface SdkEntry {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly IsLatest?: boolean | undefined;
  readonly LastModified?: Date | undefined;
}

function placeAndTimeOf({ Key, VersionId, IsLatest, LastModified }: SdkEntry) {
  const place = { key: decodeListedKey(Key ?? "") as ObjectKey, versionId: VersionId ?? "null" };
  return { ...place, isLatest: IsLatest ?? false, lastModified: LastModified, cursor: sealCursor(place) };
}

/** A cursor grants nothing, because the prefix of every page is authorized. */
function sealCursor({ key, versionId }: Place): string {
  return Buffer.from(JSON.stringify([versionId, key])).toString("base64url");
}

const maxVersionIdLength = 1024;

function openCursor(cursor: string, prefix: string): Place {
  const refused = badUserInput("after", "This is not a cursor of this listing.");
  if (cursor.length > 4 * (maxKeyBytes + maxVersionIdLength)) throw refused;
  let opened: unknown;
  try {
    opened = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    throw refused;
  }
  if (!Array.isArray(opened) || opened.length !== 2) throw refused;
  const [versionId, key]: unknown[] = opened;
  if (typeof versionId !== "string" || typeof key !== "string" || !key.startsWith(prefix)) throw refused;
  const place: Place = { versionId, key: key as ObjectKey };
  const fits = Buffer.byteLength(key) <= maxKeyBytes && versionId.length <= maxVersionIdLength;
  if (!fits || versionId === "" || sealCursor(place) !== cursor) throw refused;
  return place;
}
