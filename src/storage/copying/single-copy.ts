import {
  CopyObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ObjectAddress } from "../../core/object-address.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import {
  toIfNoneMatch,
  toS3InputWithoutTags,
  toTaggingParameter,
} from "../description/description-parameters.ts";
import { toTermsInput } from "../description/storage-terms.ts";
import { bareEtag, type StoredObject, versionOf } from "../objects/stored-object.ts";
import { changesDescription, mergedDescription } from "./copied-description.ts";
import type { CopyObjectRequest } from "./copy-request.ts";
import { type CopySource, isOntoItself, SourceChanged, toCopySourceHeader } from "./copy-source.ts";

/** Copies an object of at most 5 GiB with one CopyObject. */
export async function copyInOneCall(
  { s3, to, changes, terms, pinContentType, signal }: CopyObjectRequest,
  { address, head }: CopySource,
): Promise<StoredObject> {
  // The ETag identifies the bytes, but not the description, so the description is sent too. S3 also copies an object
  // onto itself only with REPLACE. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
  const replacesDescription = pinContentType || isOntoItself(address, to) || changesDescription(changes);
  const description = mergedDescription(changes, head);
  const copy = new CopyObjectCommand({
    Bucket: to.bucket,
    Key: to.key,
    CopySource: toCopySourceHeader(address),
    CopySourceIfMatch: head.ETag,
    IfNoneMatch: toIfNoneMatch(changes),
    MetadataDirective: replacesDescription ? "REPLACE" : "COPY",
    ...(replacesDescription && toS3InputWithoutTags(description)),
    ...toTermsInput(terms),
    TaggingDirective: changes.tags === undefined ? "COPY" : "REPLACE",
    Tagging: toTaggingParameter(description),
  });
  const stored = { region: to.region, bucket: to.bucket, key: to.key, sizeBytes: head.ContentLength ?? 0 };
  const client = await s3();
  try {
    const { CopyObjectResult, VersionId } = await client.send(copy, {
      ...(signal && { abortSignal: signal }),
    });
    return {
      ...stored,
      versionId: versionOf(VersionId),
      etag: CopyObjectResult?.ETag ?? "",
      lastModified: CopyObjectResult?.LastModified,
    };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "CopyObject", subject: "bucket" });
    if (error.code !== "OBJECT_EXISTS") throw error;
    if (changes.overwrite || isAboutSource(cause)) throw new SourceChanged(cause);
    // The SDK may have repeated the call, and then S3 refuses it because of the object that the first attempt stored.
    const mayBeOurs = describeFailure(cause).attempts > 1;
    const etag = mayBeOurs ? await etagIfCopied(client, to, head) : undefined;
    if (etag === undefined) throw error;
    return { ...stored, etag };
  }
}

/** Whether the failed precondition is about the source and not about the target. */
function isAboutSource(cause: unknown): boolean {
  return /copy-source/i.test(describeFailure(cause).condition ?? "");
}

/**
 * The target's ETag if the target is a copy of the source. It is, if it has the same bytes or, if one of the ETags is not a
 * digest of the bytes, the same size, because the target did not exist when the copy began.
 */
async function etagIfCopied(
  s3: S3Client,
  { bucket, key }: ObjectAddress,
  source: HeadObjectCommandOutput,
): Promise<string | undefined> {
  const target = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch(() => undefined);
  const sourceEtag = bareEtag(source.ETag ?? "");
  const isKms = [source, target].some((head) => head?.ServerSideEncryption?.startsWith("aws:kms"));
  const isDigest = /^[0-9a-f]{32}$/.test(sourceEtag) && !isKms;
  const isCopy = isDigest
    ? bareEtag(target?.ETag ?? "") === sourceEtag
    : target?.ContentLength === source.ContentLength;
  return isCopy ? target?.ETag : undefined;
}
