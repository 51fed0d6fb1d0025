import { invalidArgument } from "../core/arguments.ts";
import { compareUtf8, firstIndex } from "../core/sorted-by-key.ts";
import { type StoreResponse, xmlResponse } from "../http/response.ts";
import { authorizeBucket } from "../requests/authorization.ts";
import { type BucketRequest } from "../requests/s3-request.ts";
import type { ObjectVersion } from "../store/object-version.ts";
import { owner } from "../store/owner.ts";
import { type ListingRequest, listPage } from "./listing.ts";
import { authorizeListing, echoRequest, keyEncoder, parseListingRequest } from "./listing-operations.ts";

// Listings in which one key can have several entries. The next page continues after a key and an id.

interface Entry<Item> {
  readonly key: string;
  readonly id: string;
  readonly item: Item;
}

interface EntryPage<Item> {
  readonly entries: readonly Entry<Item>[];
  readonly commonPrefixes: readonly string[];
  readonly nextKey: string | undefined;
  readonly nextId: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export async function listObjectVersions(request: BucketRequest): Promise<StoreResponse> {
  const { bucket, query } = request;
  authorizeListing(request, "s3:ListBucketVersions");
  const entries = bucket.records
    .toSorted((a, b) => compareUtf8(a.key, b.key))
    .flatMap(({ key, versions }) => versions.map((item) => ({ key, id: item.versionId, item })));
  const question = parseListingRequest(request, query.get("key-marker") ?? "");
  const marker = markerOf(request, "key-marker", "version-id-marker");
  const marked = marker ? entries.findIndex(({ key, id }) => key === marker.key && id === marker.id) : -1;
  const from = marked === -1 ? undefined : marked + 1;
  const encode = keyEncoder(request);
  const page = pageOf(entries, question, from);
  const isLatest = (entry: Entry<ObjectVersion>) => bucket.record(entry.key)?.versions[0] === entry.item;
  const head = {
    ...echoRequest(request, question, encode),
    KeyMarker: encode(question.after),
    VersionIdMarker: query.get("version-id-marker") ?? "",
    NextKeyMarker: page.nextKey && encode(page.nextKey),
    NextVersionIdMarker: page.nextId,
    IsTruncated: page.nextKey !== undefined,
  };
  // As in S3's responses, versions and delete markers are one list.
  const items = page.entries.map((entry) => {
    const common = {
      Key: encode(entry.key),
      VersionId: entry.id,
      IsLatest: isLatest(entry),
      LastModified: entry.item.lastModified,
      Owner: owner,
    };
    if (entry.item.deleteMarker) return { DeleteMarker: common };
    const { etag, bytes } = entry.item;
    return { Version: { ...common, ETag: `"${etag}"`, Size: bytes, StorageClass: "STANDARD" } };
  });
  const CommonPrefixes = page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) }));
  return xmlResponse("ListVersionsResult", [head, ...items, { CommonPrefixes }]);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export async function listMultipartUploads(request: BucketRequest): Promise<StoreResponse> {
  const { bucket, query } = request;
  // Unlike s3:ListBucket, the action has no s3:prefix among its condition keys.
  authorizeBucket(request, "s3:ListBucketMultipartUploads");
  const entries = bucket.uploads
    .all()
    .map((item) => ({ key: item.key, id: item.uploadId, item }))
    .sort(compareKeyThenId);
  const question = parseListingRequest(request, query.get("key-marker") ?? "", "max-uploads");
  const marker = markerOf(request, "key-marker", "upload-id-marker");
  // The upload of the marker may no longer exist, so the page begins with the next greater id.
  const from = marker && firstIndex(entries, (entry) => compareKeyThenId(entry, marker) > 0);
  const encode = keyEncoder(request);
  const { MaxKeys: _, Name: bucketName, ...echo } = echoRequest(request, question, encode);
  const page = pageOf(entries, question, from);
  return xmlResponse("ListMultipartUploadsResult", {
    Bucket: bucketName,
    ...echo,
    KeyMarker: encode(question.after),
    UploadIdMarker: query.get("upload-id-marker") ?? "",
    NextKeyMarker: page.nextKey && encode(page.nextKey),
    NextUploadIdMarker: page.nextId,
    MaxUploads: question.maxItems,
    IsTruncated: page.nextKey !== undefined,
    Upload: page.entries.map(({ key, id, item }) => ({
      Key: encode(key),
      UploadId: id,
      Initiator: { ID: item.initiator, DisplayName: item.initiator.split("/").at(-1) },
      Owner: owner,
      StorageClass: "STANDARD",
      Initiated: item.initiatedAt,
      ChecksumAlgorithm: item.checksum?.algorithm,
      ChecksumType: item.checksum?.type,
    })),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  });
}

interface Marker {
  readonly key: string;
  readonly id: string;
}

function compareKeyThenId(a: Marker, b: Marker): number {
  return compareUtf8(a.key, b.key) || compareUtf8(a.id, b.id);
}

/** Undefined unless the marker has an id. */
function markerOf({ query }: BucketRequest, keyName: string, idName: string): Marker | undefined {
  const key = query.get(keyName) ?? "";
  const id = query.get(idName) ?? "";
  if (id === "") return undefined;
  if (key === "") throw invalidArgument(`A ${idName} cannot be specified without a ${keyName}.`, idName, id);
  return { key, id };
}

/**
 * @param entries in the order of the listing
 * @param from the index to start at, if the marker has an id
 */
function pageOf<Item>(
  entries: readonly Entry<Item>[],
  question: ListingRequest,
  from: number | undefined,
): EntryPage<Item> {
  const { items, commonPrefixes, next } = listPage(entries, question, from);
  return {
    entries: items,
    commonPrefixes,
    nextKey: next?.key,
    nextId: next !== undefined && "id" in next ? next.id : undefined,
  };
}
