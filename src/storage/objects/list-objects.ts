import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from "@aws-sdk/client-s3";
import { badUserInput } from "../../core/errors.ts";
import { type BucketAddress, maxKeyBytes, type ObjectKey } from "../../core/object-address.ts";
import { withStorageErrors } from "../client/s3-errors.ts";

export const maxPageSize = 1000;

export interface ListObjectsRequest {
  /** Only keys that begin with it. Empty: every key. */
  readonly prefix: string;
  /** Keys that have it after the prefix are rolled up into folders. */
  readonly delimiter?: string | undefined;
  /** Objects and folders together, 1 to 1,000. */
  readonly first: number;
  /** A cursor of an earlier page. */
  readonly after?: string | undefined;
}

export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** Common prefixes, each with the delimiter at its end. */
  readonly folders: readonly string[];
  readonly hasNextPage: boolean;
  /** Of the page's last object or folder, whichever comes last. */
  readonly endCursor: string | undefined;
}

/** What a listing tells of an object. */
export interface ListedObject {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModified?: Date | undefined;
  readonly storageClass?: string | undefined;
  readonly cursor: string;
}

/** A request for a page that can be. */
export interface PageOfObjects {
  readonly listing: Listing;
  readonly first: number;
  /** Where the page before it ends. */
  readonly place: Place | undefined;
}

/** @throws {ValetKeyError} BAD_USER_INPUT (first, after) */
export function parsePage({ prefix, delimiter, first, after }: ListObjectsRequest): PageOfObjects {
  checkPageSize(first);
  const listing = { prefix, delimiter: delimiter ?? "" };
  return { listing, first, place: after === undefined ? undefined : openCursor(after, listing) };
}

/**
 * One page of a bucket's objects in the order of their keys' UTF-8 bytes: one call to S3.
 *
 * @throws {ValetKeyError} BUCKET_NOT_FOUND, FORBIDDEN, STORAGE_UNAVAILABLE
 */
export async function listObjects(
  s3: S3Client,
  { bucket }: BucketAddress,
  { listing, first, place }: PageOfObjects,
): Promise<ObjectPage> {
  const answer = await withStorageErrors(
    { operation: "ListObjectsV2", subject: "bucket" },
    s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: listing.prefix,
        Delimiter: listing.delimiter === "" ? undefined : listing.delimiter,
        MaxKeys: first,
        StartAfter: place === undefined ? undefined : startAfter(place),
        // XML cannot carry every key, percent-encoding can.
        EncodingType: "url",
      }),
    ),
  );
  return toPage(answer, listing, place);
}

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function checkPageSize(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > maxPageSize) {
    throw badUserInput("first", `A page has 1 to ${maxPageSize} entries.`);
  }
}

/** What a cursor is good for. */
interface Listing {
  readonly prefix: string;
  /** Empty: none. */
  readonly delimiter: string;
}

/** Where a page ends: after an object, or after a folder and all that is in it. */
interface Place {
  readonly kind: "object" | "folder";
  readonly name: string;
}

function toPage(answer: ListObjectsV2CommandOutput, listing: Listing, place: Place | undefined): ObjectPage {
  const objects = (answer.Contents ?? []).map((object): ListedObject => {
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
  const listedFolders = (answer.CommonPrefixes ?? []).map(({ Prefix }) => decodeListedKey(Prefix ?? ""));
  const folders = listedFolders.filter((folder) => !(place?.kind === "folder" && place.name === folder));
  return {
    objects,
    folders,
    hasNextPage: answer.IsTruncated ?? false,
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

/** The last characters of 1 to 4 bytes of UTF-8. */
const lastCharacters = ["", "\u{7f}", "\u{7ff}", "\u{ffff}", "\u{10ffff}"] as const;

/**
 * The key that a listing is to start after. After a folder, that is the last key that could be in it:
 * S3 would otherwise list the folder again for the sake of the keys behind its name.
 */
function startAfter({ kind, name }: Place): string {
  if (kind === "object") return name;
  const room = maxKeyBytes - Buffer.byteLength(name);
  return name + lastCharacters[4].repeat(Math.floor(room / 4)) + (lastCharacters[room % 4] ?? "");
}

const endOfDelimiter = "\0";

/**
 * A cursor is the name of the place, so it stays good over restarts, replicas and changes of the bucket.
 * It grants nothing: the prefix is asked for, and authorized, again. With another delimiter the same name
 * may be a folder or not.
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
  const isUnharmed = bytes.toString("base64url") === cursor && Buffer.from(opened).equals(bytes);
  const isOfListing = opened.startsWith(head, 1) && name.startsWith(prefix);
  if (kind === undefined || !isUnharmed || !isOfListing || Buffer.byteLength(name) > maxKeyBytes) {
    throw badUserInput("after", "Not a cursor of this listing.");
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
