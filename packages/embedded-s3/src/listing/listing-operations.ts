import { invalidArgument, parseInteger } from "../core/arguments.ts";
import { parseContinuationToken, toContinuationToken } from "../core/continuation-token.ts";
import { type StoreResponse, xmlResponse } from "../http/response.ts";
import type { XmlElements } from "../http/xml.ts";
import { authorizeBucket } from "../requests/authorization.ts";
import { type BucketRequest } from "../requests/s3-request.ts";
import type { Bucket } from "../store/bucket.ts";
import { currentObject, type ObjectRecord } from "../store/object-version.ts";
import { owner } from "../store/owner.ts";
import { type Listing, type ListingRequest, listPage } from "./listing.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export async function listObjectsV2(request: BucketRequest): Promise<StoreResponse> {
  const { bucket, query } = request;
  authorizeListing(request, "s3:ListBucket");
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after");
  const question = parseListingRequest(
    request,
    token === undefined ? (startAfter ?? "") : parseContinuationToken(token),
  );
  const encode = keyEncoder(request);
  const listing = listCurrent(bucket, question);
  return xmlResponse("ListBucketResult", {
    ...echoRequest(request, question, encode),
    KeyCount: listing.items.length + listing.commonPrefixes.length,
    StartAfter: startAfter && encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: listing.next && toContinuationToken(listing.next.key),
    IsTruncated: listing.next !== undefined,
    ...renderPage(listing, encode, query.get("fetch-owner") === "true"),
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html */
export async function listObjects(request: BucketRequest): Promise<StoreResponse> {
  const { bucket, query } = request;
  authorizeListing(request, "s3:ListBucket");
  const marker = query.get("marker") ?? "";
  const question = parseListingRequest(request, marker);
  const encode = keyEncoder(request);
  const listing = listCurrent(bucket, question);
  return xmlResponse("ListBucketResult", {
    ...echoRequest(request, question, encode),
    Marker: encode(marker),
    NextMarker:
      listing.next !== undefined && question.delimiter !== "" ? encode(listing.next.key) : undefined,
    IsTruncated: listing.next !== undefined,
    ...renderPage(listing, encode, true),
  });
}

export function authorizeListing(request: BucketRequest, action: string): void {
  const { query } = request;
  authorizeBucket(request, action, {
    "s3:prefix": query.get("prefix") ?? "",
    "s3:delimiter": query.get("delimiter"),
    "s3:max-keys": query.get("max-keys"),
  });
}

export function parseListingRequest(
  { query }: BucketRequest,
  after: string,
  limit = "max-keys",
): ListingRequest {
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    after,
    maxItems: parseInteger(query.get(limit), limit, { minimum: 0, maximum: 1000, default: 1000 }),
  };
}

/** @throws {StoreError} InvalidArgument for an encoding-type other than url */
export function keyEncoder({ query }: BucketRequest): (key: string) => string {
  const encoding = query.get("encoding-type");
  if (encoding === undefined || encoding === "") return (key) => key;
  if (encoding !== "url")
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding);
  // As on S3, slashes are not encoded.
  return (key) =>
    encodeURIComponent(key)
      .replace(/[!'()*]/g, percentEncode)
      .replaceAll("%2F", "/");
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

export function echoRequest(
  { bucket, query }: BucketRequest,
  question: ListingRequest,
  encode: (key: string) => string,
): XmlElements {
  return {
    Name: bucket.name,
    Prefix: encode(question.prefix),
    Delimiter: question.delimiter === "" ? undefined : encode(question.delimiter),
    MaxKeys: question.maxItems,
    EncodingType: query.get("encoding-type"),
  };
}

function listCurrent(bucket: Bucket, question: ListingRequest): Listing<ObjectRecord> {
  return listPage(bucket.currentRecords, question);
}

function renderPage(
  page: Listing<ObjectRecord>,
  encode: (key: string) => string,
  withOwner: boolean,
): XmlElements {
  return {
    Contents: page.items.map((record) => {
      const object = currentObject(record);
      return {
        Key: encode(record.key),
        LastModified: object?.lastModified,
        ETag: `"${object?.etag}"`,
        ChecksumAlgorithm: object?.checksum?.algorithm,
        ChecksumType: object?.checksum?.type,
        Size: object?.bytes,
        Owner: withOwner ? owner : undefined,
        StorageClass: "STANDARD",
      };
    }),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}
