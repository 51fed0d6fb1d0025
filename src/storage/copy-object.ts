import {
  CopyObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { badUserInput } from "../errors.ts";
import type { ObjectAddress } from "../object-address.ts";
import { boundedParallel } from "./bounded-parallel.ts";
import { type CompletedPart, completeParts } from "./complete-upload.ts";
import { asSeenByHead, rawHead, refuseExisting, versionOf } from "./head-object.ts";
import { abortMultipartUpload, createMultipartUpload } from "./multipart-uploads.ts";
import { objectTags } from "./object-tags.ts";
import { asking, storageError } from "./s3-errors.ts";
import type { ObjectHead, StoredObject } from "./stored-object.ts";
import type { UploadAddress } from "./upload-id.ts";
import {
  descriptiveParameters,
  forbidsOverwrite,
  promisedChecksum,
  type UploadHeaderMap,
} from "./upload-parameters.ts";
import { bytesOfPart, maxSinglePutBytes, planUpload, planWith, type UploadPlan } from "./upload-plan.ts";

export interface CopyObjectRequest {
  /** Of the target's region. S3 fetches the source itself. */
  readonly s3: S3Client;
  /** Of the source's region, where that is another. */
  readonly sourceS3?: S3Client | undefined;
  readonly from: ObjectAddress;
  readonly to: ObjectAddress;
  /** As `uploadHeaders` makes them: what is there replaces what the source has, the rest is kept. */
  readonly headers: UploadHeaderMap;
  /** Larger objects are copied in parts. */
  readonly singleCopyBytes?: number | undefined;
  readonly partBytes?: number | undefined;
}

const usualPartBytes = 512 * 1024 ** 2;
const partsAtOnce = 8;

/**
 * Copies an object inside S3.
 *
 * @throws {ValetKeyError} OBJECT_NOT_FOUND and BUCKET_NOT_FOUND, OBJECT_EXISTS, FORBIDDEN,
 * BAD_USER_INPUT for a copy onto itself that changes nothing and for a checksum, STORAGE_UNAVAILABLE
 */
export async function copyObject(request: CopyObjectRequest): Promise<StoredObject | ObjectHead> {
  const { s3, sourceS3 = s3, from, to, headers, singleCopyBytes = maxSinglePutBytes } = request;
  if (promisedChecksum(headers) !== undefined) {
    throw badUserInput("to.checksum", "A copy takes no checksum: S3 does not compare it.");
  }
  const source = await rawHead(sourceS3, from);
  const description = descriptiveParameters(headers);
  const isOntoItself = from.bucket === to.bucket && from.key === to.key && from.versionId === undefined;
  if (isOntoItself && Object.keys(description).length === 0) {
    throw badUserInput("to", "A copy of an object onto itself has to change something.");
  }
  if (forbidsOverwrite(headers)) await refuseExisting(s3, to);
  const isSmall = (source.ContentLength ?? 0) <= singleCopyBytes;
  const stored = isSmall ? await copyAtOnce(request, source) : await copyInParts(request, source);
  return await asSeenByHead(s3, stored);
}

async function copyAtOnce(
  { s3, from, to, headers }: CopyObjectRequest,
  source: HeadObjectCommandOutput,
): Promise<StoredObject> {
  const { Tagging, ...description } = descriptiveParameters(headers);
  const describesAnew = Object.keys(description).length > 0;
  const answer = await asking(
    { operation: "CopyObject", subject: "bucket" },
    s3.send(
      new CopyObjectCommand({
        Bucket: to.bucket,
        Key: to.key,
        CopySource: copySource(from),
        CopySourceIfMatch: source.ETag,
        IfNoneMatch: headers["if-none-match"],
        MetadataDirective: describesAnew ? "REPLACE" : "COPY",
        ...(describesAnew && mergedDescription(headers, source)),
        ...(Tagging !== undefined && { TaggingDirective: "REPLACE" as const, Tagging }),
      }),
    ),
  );
  return {
    region: to.region,
    bucket: to.bucket,
    key: to.key,
    versionId: versionOf(answer.VersionId),
    sizeBytes: source.ContentLength ?? 0,
    etag: answer.CopyObjectResult?.ETag ?? "",
    lastModified: answer.CopyObjectResult?.LastModified,
  };
}

/** A multipart upload whose parts S3 fetches itself. It keeps nothing of the source, so all is said anew. */
async function copyInParts(
  request: CopyObjectRequest,
  source: HeadObjectCommandOutput,
): Promise<StoredObject> {
  const { s3, sourceS3 = s3, from, to, headers, partBytes = usualPartBytes } = request;
  const sizeBytes = source.ContentLength ?? 0;
  const plan = planWith(sizeBytes, Math.max(partBytes, planUpload(sizeBytes).partBytes));
  const tagging = headers["x-amz-tagging"] ?? (await taggingOf(sourceS3, from, source));
  const upload = await createMultipartUpload(s3, to, {
    ...headersOf(source, headers),
    ...headers,
    ...(tagging !== undefined && { "x-amz-tagging": tagging }),
  });
  try {
    const numbers = Array.from({ length: plan.partCount }, (_, index) => index + 1);
    const parts = await boundedParallel(numbers, partsAtOnce, (number) =>
      copyPart(request, upload, { plan, number, sourceEtag: source.ETag }),
    );
    return await completeParts(s3, upload, parts, { sizeBytes, overwrite: !forbidsOverwrite(headers) });
  } catch (error) {
    // The copy's own failure is the one to tell; what stays behind is the sweep's.
    await abortMultipartUpload(s3, upload).catch(() => {});
    throw error;
  }
}

interface PartToCopy {
  readonly plan: UploadPlan;
  readonly number: number;
  /** All parts are to be of the same object. */
  readonly sourceEtag: string | undefined;
}

async function copyPart(
  { s3, from }: CopyObjectRequest,
  { bucket, key, uploadId }: UploadAddress,
  { plan, number, sourceEtag }: PartToCopy,
): Promise<CompletedPart> {
  const firstByte = (number - 1) * plan.partBytes;
  const lastByte = firstByte + bytesOfPart(plan, number) - 1;
  const { CopyPartResult } = await asking(
    { operation: "UploadPartCopy", subject: "upload" },
    s3.send(
      new UploadPartCopyCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: number,
        CopySource: copySource(from),
        CopySourceRange: `bytes=${firstByte}-${lastByte}`,
        CopySourceIfMatch: sourceEtag,
      }),
    ),
  );
  if (CopyPartResult?.ETag === undefined) throw storageError("STORAGE_UNAVAILABLE");
  return { number, etag: CopyPartResult.ETag };
}

/** The header x-amz-copy-source is a percent-encoded path. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
function copySource({ bucket, key, versionId }: ObjectAddress): string {
  const path = `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
}

/** With MetadataDirective REPLACE nothing of the source is kept, so what was not said has to be repeated. */
function mergedDescription(headers: UploadHeaderMap, source: HeadObjectCommandOutput) {
  const { Tagging: _, ...description } = descriptiveParameters({ ...headersOf(source, headers), ...headers });
  return description;
}

/** The source's description as headers. Metadata is one value: given anew, it replaces all of the source's. */
function headersOf(source: HeadObjectCommandOutput, replacement: UploadHeaderMap = {}): UploadHeaderMap {
  const replacesMetadata = Object.keys(replacement).some((name) => name.startsWith("x-amz-meta-"));
  const metadata = replacesMetadata ? {} : (source.Metadata ?? {});
  const headers: Record<string, string | undefined> = {
    "content-type": source.ContentType,
    "content-disposition": source.ContentDisposition,
    "content-encoding": source.ContentEncoding,
    "cache-control": source.CacheControl,
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  };
  return Object.fromEntries(
    Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
  );
}

async function taggingOf(
  s3: S3Client,
  from: ObjectAddress,
  source: HeadObjectCommandOutput,
): Promise<string | undefined> {
  if (source.TagCount === 0) return undefined;
  const tags = await objectTags(s3, from);
  if (tags.length === 0) return undefined;
  return tags.map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}
