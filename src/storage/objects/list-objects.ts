import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from "@aws-sdk/client-s3";
import { badUserInput } from "../../core/errors.ts";
import { type BucketAddress, maxKeyBytes, type ObjectKey } from "../../core/object-address.ts";
import { withStorageErrors } from "../client/to-storage-error.ts";

export const maxPageSize = 1000;

export interface ListObjectsRequest {
  /** Only keys that begin with it. Empty: every key. */
  readonly prefix: string;
  /** Keys that contain it after the prefix are grouped into folders. */
  readonly delimiter?: string | undefined;
  /** The maximum number of objects and folders together, 1 to 1,000. */
  readonly first: number;
  /** A cursor of an earlier page. */
  readonly after?: string | undefined;
}

export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** Common prefixes, each with the delimiter at its end. */
  readonly folders: readonly string[];
  readonly hasNextPage: boolean;
  /** The cursor of the page's last object or folder. */
  readonly endCursor: string | undefined;
}

/** An object as S3 lists it. */
export interface ListedObject {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModified?: Date | undefined;
  readonly storageClass?: string | undefined;
  readonly cursor: string;
}

/** A valid request for a page. */
export interface PageOfObjects {
  readonly listing: Listing;
  readonly first: number;
  /** The end of the previous page. */
  readonly place: Place | undefined;
}

/** @throws {ValetKeyError} BAD_USER_INPUT (first, after) */
export function parsePage({ prefix, delimiter, first, after }: ListObjectsRequest): PageOfObjects {
  checkPageSize(first);
  const listing = { prefix, delimiter: delimiter ?? "" };
  return { listing, first, place: after === undefined ? undefined : openCursor(after, listing) };
}

/**
 * One page of a bucket's objects, in the order of the UTF-8 bytes of their keys. It costs one call to S3.
 *
 * @throws {ValetKeyError} BUCKET_NOT_FOUND, FORBIDDEN, STORAGE_UNAVAILABLE
 */
export async function listObjects(
  s3: S3Client,
  { bucket }: BucketAddress,
  { listing, first, place }: PageOfObjects,
): Promise<ObjectPage> {
  const output = await withStorageErrors(
    { operation: "ListObjectsV2", subject: "bucket" },
    s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: listing.prefix,
        Delimiter: listing.delimiter === "" ? undefined : listing.delimiter,
        MaxKeys: first,
        StartAfter: place === undefined ? undefined : startAfter(place),
        // Keys are requested percent-encoded, because XML cannot represent every key.
        EncodingType: "url",
      }),
    ),
  );
  return toPage(output, listing, place);
}

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function checkPageSize(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > maxPageSize) {
    throw badUserInput("first", `A page has 1 to ${maxPageSize} entries.`);
  }
}

/** The listing that a cursor belongs to. */
interface Listing {
  readonly prefix: string;
  /** Empty if there is no delimiter. */
  readonly delimiter: string;
}

/** The end of a page: after an object, or after a folder with everything in it. */
interface Place {
  readonly kind: "object" | "folder";
  readonly name: string;
}

function toPage(output: ListObjectsV2CommandOutput, listing: Listing, place: Place | undefined): ObjectPage {
  const objects = (output.Contents ?? []).map((object): ListedObject => {
    const key = decodeListedKey(object.Key ?? "") as ObjectKey;
    return {
      key,
      sizeBytes: object.Size ?? 0,
      etag: object.ETag ?? "",
      lastModified: object.LastModified,
      storageClass: object.StorageClass,
      cursor: sealCursor(listing, { kind: "object", name: key }),
    };
  });
  const listedFolders = (output.CommonPrefixes ?? []).map(({ Prefix }) => decodeListedKey(Prefix ?? ""));
  const folders = listedFolders.filter((folder) => !(place?.kind === "folder" && place.name === folder));
  return {
    objects,
    folders,
    hasNextPage: output.IsTruncated ?? false,
    endCursor: endCursor(listing, objects.at(-1), listedFolders.at(-1)),
  };
}

function endCursor(
  listing: Listing,
  lastObject: ListedObject | undefined,
  lastFolder: string | undefined,
): string | undefined {
  if (lastFolder === undefined) return lastObject?.cursor;
  if (lastObject !== undefined && Buffer.compare(Buffer.from(lastObject.key), Buffer.from(lastFolder)) > 0) {
    return lastObject.cursor;
  }
  return sealCursor(listing, { kind: "folder", name: lastFolder });
}

/** The highest characters of 1 to 4 bytes in UTF-8. */
const lastCharacters = ["", "\u{7f}", "\u{7ff}", "\u{ffff}", "\u{10ffff}"] as const;

/**
 * The key after which the next page starts. After a folder it is the last key that could be in the folder, because S3
 * would otherwise list the folder again.
 */
function startAfter({ kind, name }: Place): string {
  if (kind === "object") return name;
  const room = maxKeyBytes - Buffer.byteLength(name);
  return name + lastCharacters[4].repeat(Math.floor(room / 4)) + (lastCharacters[room % 4] ?? "");
}

const endOfDelimiter = "\0";

/**
 * A cursor contains the key or folder at the end of the page, so it remains valid across restarts, replicas and changes
 * of the bucket. It grants nothing, because the prefix of every page is authorized. It belongs to one delimiter,
 * because with another one the same name may not be a folder.
 */
function sealCursor({ delimiter }: Listing, { kind, name }: Place): string {
  const place = `${kind === "object" ? "o" : "f"}${delimiter}${endOfDelimiter}${name}`;
  return Buffer.from(place).toString("base64url");
}

function openCursor(cursor: string, { prefix, delimiter }: Listing): Place {
  const bytes = Buffer.from(cursor, "base64url");
  const opened = bytes.toString("utf8");
  const kind = opened.startsWith("o") ? "object" : opened.startsWith("f") ? "folder" : undefined;
  const head = `${delimiter}${endOfDelimiter}`;
  const name = opened.slice(1 + head.length);
  const isCanonical = bytes.toString("base64url") === cursor && Buffer.from(opened).equals(bytes);
  const isOfListing = opened.startsWith(head, 1) && name.startsWith(prefix);
  if (kind === undefined || !isCanonical || !isOfListing || Buffer.byteLength(name) > maxKeyBytes) {
    throw badUserInput("after", "This is not a cursor of this listing.");
  }
  return { kind, name };
}

/** Undoes `EncodingType: "url"`, in which AWS writes a space as "+" and Ceph as "%20". */
export function decodeListedKey(encoded: string): string {
  const spaced = encoded.replaceAll("+", "%20");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return encoded;
  }
}
