import {
  CopyObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { badUserInput, ValetKeyError } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { boundedParallel } from "../client/bounded-parallel.ts";
import { describeFailure, storageError, toStorageError } from "../client/s3-errors.ts";
import { decodeMetadataValue, encodeMetadataValue } from "../headers/metadata-value.ts";
import {
  descriptiveParameters,
  forbidsOverwrite,
  promisedChecksum,
  type UploadHeaderMap,
} from "../headers/upload-parameters.ts";
import type { AbandonedUploads } from "../multipart/abandoned-uploads.ts";
import { type CompletedPart, completeParts } from "../multipart/complete-upload.ts";
import { createMultipartUpload } from "../multipart/multipart-uploads.ts";
import type { UploadAddress } from "../multipart/upload-descriptor.ts";
import {
  bytesOfPart,
  maxSinglePutBytes,
  planUpload,
  planWith,
  type UploadPlan,
} from "../multipart/upload-plan.ts";
import { asSeenByHead, rawHead, refuseExisting, versionOf } from "./head-object.ts";
import { objectTags } from "./object-tags.ts";
import { bareEtag, isObjectHead, type ObjectHead, type StoredObject } from "./stored-object.ts";

export interface CopyObjectRequest {
  /** Of the target's region; asked anew for every call: a copy in parts outlives its first role session. */
  readonly s3: () => Promise<S3Client>;
  /** Looks at the source anew. */
  readonly source: () => Promise<CopySource>;
  readonly to: ObjectAddress;
  /** As `uploadHeaders` makes them: what is there replaces what the source has, the rest is kept. */
  readonly headers: UploadHeaderMap;
  /** What replaces the source's as a whole, also when the headers have none of it. */
  readonly replaces: { readonly metadata: boolean; readonly tags: boolean };
  /** Throws when the copy is more than the caller may store. What it has let pass is what is stored. */
  readonly authorize: (copy: CopiedFacts) => void;
  /** Whether `authorize` goes by the content type, which S3 would otherwise take from what the source is by then. */
  readonly pinContentType: boolean;
  /** Takes the uploads that S3 could not be made to abort. */
  readonly abandoned: AbandonedUploads;
  /** Ends the copy. One in parts is not stored then. */
  readonly signal?: AbortSignal | undefined;
  /** Larger objects are copied in parts. */
  readonly singleCopyBytes?: number | undefined;
  readonly partBytes?: number | undefined;
}

/** The source as S3 described it at one moment. */
export interface CopySource {
  /** With the bucket's true region. */
  readonly address: ObjectAddress;
  readonly head: HeadObjectCommandOutput;
  /** Of that region. */
  readonly s3: S3Client;
}

/** What a grant may limit. */
export interface CopiedFacts {
  readonly sizeBytes: number;
  readonly contentType: string | undefined;
}

/** @throws {ValetKeyError} OBJECT_NOT_FOUND, BUCKET_NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for the version id */
export async function lookAtSource(s3: S3Client, address: ObjectAddress): Promise<CopySource> {
  return { address, head: await rawHead(s3, address), s3 };
}

/**
 * Refuses what a copy cannot be held to.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function requireCopyable(headers: UploadHeaderMap): void {
  if (promisedChecksum(headers) === undefined) return;
  throw badUserInput("checksum", "A copy takes no checksum: S3 does not compare it.");
}

const usualPartBytes = 512 * 1024 ** 2;
const partsAtOnce = 8;

/**
 * Copies an object inside S3.
 *
 * @throws {ValetKeyError} OBJECT_NOT_FOUND and BUCKET_NOT_FOUND, OBJECT_EXISTS, FORBIDDEN,
 * BAD_USER_INPUT for a copy onto itself that changes nothing, STORAGE_UNAVAILABLE
 * (also when the source keeps changing), TIMEOUT when it is ended, what `authorize` throws
 */
export async function copyObject(request: CopyObjectRequest): Promise<StoredObject | ObjectHead> {
  try {
    return await copyAsSeen(request);
  } catch (error) {
    if (!(error instanceof SourceChanged)) throw error;
    return await copyAsSeen(request);
  }
}

/** What S3 was to copy was no longer what was seen. */
class SourceChanged extends ValetKeyError {
  constructor(cause: unknown) {
    super("STORAGE_UNAVAILABLE", "The original changed while it was copied.", { cause });
  }
}

async function copyAsSeen(request: CopyObjectRequest): Promise<StoredObject | ObjectHead> {
  const { s3, to, headers, authorize, singleCopyBytes = maxSinglePutBytes } = request;
  const source = await request.source();
  const sizeBytes = source.head.ContentLength ?? 0;
  authorize({ sizeBytes, contentType: headers["content-type"] ?? source.head.ContentType });
  const isUnchanged =
    source.address.versionId === undefined && !describesAnew(request) && !request.replaces.tags;
  if (isOntoItself(source.address, to) && isUnchanged) {
    throw badUserInput("to", "A copy of an object onto itself has to change something.");
  }
  if (forbidsOverwrite(headers)) await refuseExisting(await s3(), to);
  const isSmall = sizeBytes <= singleCopyBytes;
  const stored = isSmall ? await copyAtOnce(request, source) : await copyInParts(request, source);
  const seen = await asSeenByHead(await s3(), stored);
  // Not every store compares CopySourceIfMatch, so the copy may be of what the source became meanwhile.
  if (isObjectHead(seen) && bareEtag(seen.etag) === bareEtag(stored.etag)) {
    authorize({ sizeBytes: seen.sizeBytes, contentType: seen.contentType });
  }
  return seen;
}

/** Whether anything but the tags is to be other than the source's. */
function describesAnew({ headers, replaces }: CopyObjectRequest): boolean {
  const { Tagging: _, ...description } = descriptiveParameters(headers);
  return replaces.metadata || Object.keys(description).length > 0;
}

async function copyAtOnce(request: CopyObjectRequest, { address, head }: CopySource): Promise<StoredObject> {
  const { s3, to, headers, replaces, pinContentType, signal } = request;
  // The ETag, which pins the bytes, says nothing of what describes them. And onto itself S3 copies only what
  // is described anew: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
  const replacesDescription = pinContentType || isOntoItself(address, to) || describesAnew(request);
  const { Tagging, ...description } = descriptiveParameters(mergedHeaders(request, head));
  const copy = new CopyObjectCommand({
    Bucket: to.bucket,
    Key: to.key,
    CopySource: copySource(address),
    CopySourceIfMatch: head.ETag,
    IfNoneMatch: headers["if-none-match"],
    MetadataDirective: replacesDescription ? "REPLACE" : "COPY",
    ...(replacesDescription && description),
    TaggingDirective: replaces.tags ? "REPLACE" : "COPY",
    Tagging,
  });
  const stored = { region: to.region, bucket: to.bucket, key: to.key, sizeBytes: head.ContentLength ?? 0 };
  const client = await s3();
  try {
    const { CopyObjectResult: result, VersionId } = await client.send(copy, until(signal));
    const lastModified = result?.LastModified;
    return { ...stored, versionId: versionOf(VersionId), etag: result?.ETag ?? "", lastModified };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "CopyObject", subject: "bucket" });
    if (error.code !== "OBJECT_EXISTS") throw error;
    if (!forbidsOverwrite(headers) || isAboutSource(cause)) throw new SourceChanged(cause);
    // A retry is refused for the sake of the very object that the first try has stored.
    const mayBeOurs = describeFailure(cause).attempts > 1;
    const etag = mayBeOurs ? await etagIfCopied(client, to, head) : undefined;
    if (etag === undefined) throw error;
    return { ...stored, etag };
  }
}

/** Which of the preconditions failed: the source's, or the target's. */
function isAboutSource(cause: unknown): boolean {
  return /copy-source/i.test(describeFailure(cause).condition ?? "");
}

/**
 * The target's ETag if it is a copy of the source: of the same bytes, or where the source's ETag is no digest
 * of them, of the same size. Nothing was there when the copy began.
 */
async function etagIfCopied(
  s3: S3Client,
  { bucket, key }: ObjectAddress,
  source: HeadObjectCommandOutput,
): Promise<string | undefined> {
  const there = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch(() => undefined);
  const sourceEtag = bareEtag(source.ETag ?? "");
  const isDigest = /^[0-9a-f]{32}$/.test(sourceEtag) && !source.ServerSideEncryption?.startsWith("aws:kms");
  const isCopy = isDigest
    ? bareEtag(there?.ETag ?? "") === sourceEtag
    : there?.ContentLength === source.ContentLength;
  return isCopy ? there?.ETag : undefined;
}

function isOntoItself(from: ObjectAddress, to: ObjectAddress): boolean {
  return from.bucket === to.bucket && from.key === to.key;
}

/** A multipart upload whose parts S3 fetches itself. It keeps nothing of the source, so all is said anew. */
async function copyInParts(request: CopyObjectRequest, source: CopySource): Promise<StoredObject> {
  const { s3, to, headers, replaces, abandoned, partBytes = usualPartBytes } = request;
  const sizeBytes = source.head.ContentLength ?? 0;
  const plan = planWith(sizeBytes, Math.max(partBytes, planUpload(sizeBytes).partBytes));
  const tagging = replaces.tags ? undefined : await taggingOf(source);
  const description = {
    ...mergedHeaders(request, source.head),
    ...(tagging !== undefined && { "x-amz-tagging": tagging }),
  };
  const upload = await createMultipartUpload(await s3(), to, description);
  try {
    const numbers = Array.from({ length: plan.partCount }, (_, index) => index + 1);
    const parts = await boundedParallel(numbers, partsAtOnce, (number) =>
      copyPart(request, upload, { plan, number, source }),
    );
    return await completeParts(await s3(), upload, parts, {
      sizeBytes,
      overwrite: !forbidsOverwrite(headers),
    });
  } catch (error) {
    await abandoned.abort(upload, s3);
    throw error;
  }
}

interface PartToCopy {
  readonly plan: UploadPlan;
  readonly number: number;
  readonly source: CopySource;
}

async function copyPart(
  { s3, signal }: CopyObjectRequest,
  { bucket, key, uploadId }: UploadAddress,
  { plan, number, source }: PartToCopy,
): Promise<CompletedPart> {
  const firstByte = (number - 1) * plan.partBytes;
  const lastByte = firstByte + bytesOfPart(plan, number) - 1;
  const client = await s3();
  const copy = new UploadPartCopyCommand({
    Bucket: bucket,
    Key: key,
    UploadId: uploadId,
    PartNumber: number,
    CopySource: copySource(source.address),
    CopySourceRange: `bytes=${firstByte}-${lastByte}`,
    // All parts are to be of the same object.
    CopySourceIfMatch: source.head.ETag,
  });
  const { CopyPartResult } = await client.send(copy, until(signal)).catch((cause: unknown) => {
    const error = toStorageError(cause, { operation: "UploadPartCopy", subject: "upload" });
    // A part has no other precondition.
    throw error.code === "OBJECT_EXISTS" ? new SourceChanged(cause) : error;
  });
  if (CopyPartResult?.ETag === undefined) throw storageError("STORAGE_UNAVAILABLE");
  return { number, etag: CopyPartResult.ETag };
}

function until(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** The header x-amz-copy-source is a percent-encoded path. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
function copySource({ bucket, key, versionId }: ObjectAddress): string {
  const path = `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
}

/** What is described anew replaces all of the source's, so what was not said has to be repeated. */
function mergedHeaders(
  { headers, replaces }: CopyObjectRequest,
  source: HeadObjectCommandOutput,
): UploadHeaderMap {
  return { ...headersOf(source), ...(replaces.metadata ? {} : metadataHeadersOf(source)), ...headers };
}

/** The source's description as headers. */
function headersOf(source: HeadObjectCommandOutput): UploadHeaderMap {
  // What is no date, "0" above all, means the past: https://www.rfc-editor.org/rfc/rfc9111#section-5.3
  const expires = source.Expires ?? (source.ExpiresString === undefined ? undefined : new Date(0));
  const headers: Record<string, string | undefined> = {
    "content-type": source.ContentType,
    "content-disposition": source.ContentDisposition,
    "content-encoding": source.ContentEncoding,
    "content-language": source.ContentLanguage,
    "cache-control": source.CacheControl,
    expires: expires?.toUTCString(),
  };
  return Object.fromEntries(
    Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
  );
}

/** Others may have written raw UTF-8, which no header of ours can carry. */
function metadataHeadersOf({ Metadata = {} }: HeadObjectCommandOutput): UploadHeaderMap {
  return Object.fromEntries(
    Object.entries(Metadata).map(([name, value]) => [
      `x-amz-meta-${name}`,
      encodeMetadataValue(decodeMetadataValue(value)),
    ]),
  );
}

async function taggingOf({ s3, address, head }: CopySource): Promise<string | undefined> {
  if (head.TagCount === 0) return undefined;
  const tags = await objectTags(s3, address);
  if (tags.length === 0) return undefined;
  return tags.map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}
