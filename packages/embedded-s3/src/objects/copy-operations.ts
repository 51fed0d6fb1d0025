import { type ChecksumAlgorithm, parseChecksumAlgorithm } from "../checksums/checksums.ts";
import { DigestVerifier } from "../checksums/expected-digests.ts";
import { type Answer, xmlAnswer } from "../http/answer.ts";
import type { ReceivedBlob } from "../http/request-body.ts";
import { authorizeObject } from "../iam/authorization.ts";
import { parsePartNumber, parseUploadId } from "../multipart/multipart-operations.ts";
import { invalidArgument, type ObjectRequest, type StoreState } from "../s3-request.ts";
import { StoreError } from "../store-error.ts";
import { parsePreconditions } from "./conditional-requests.ts";
import { type CopySource, findCopySource, refuseLargeCopy } from "./copy-source.ts";
import { authorizeExisting, versionHeader } from "./find-version.ts";
import { parseAttributes } from "./object-attributes.ts";
import { authorizeWrite, commitObject } from "./object-operations.ts";
import type { ObjectAttributes, StoredObject } from "./object-version.ts";
import { type ByteRange, parseCopySourceRange } from "./range.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function copyObject(request: ObjectRequest, state: StoreState): Promise<Answer> {
  const { bucket, key, headers } = request;
  const sent = parseAttributes(headers);
  const replacesMetadata = isReplacing(request, "x-amz-metadata-directive");
  const replacesTags = isReplacing(request, "x-amz-tagging-directive");
  authorizeWrite(request, replacesTags ? sent.tags : {});
  const source = findCopySource(request, state);
  refuseLargeCopy(source.object.bytes);
  if (source.bucket === bucket && source.key === key && !replacesMetadata && source.versionId === undefined) {
    throw copyOntoItself();
  }
  if (!replacesTags) authorizeTagCopy(request, source);
  const { object: copied } = source;
  const attributes: ObjectAttributes = {
    ...(replacesMetadata ? sent : copied),
    tags: replacesTags ? sent.tags : copied.tags,
  };
  const algorithm = headers["x-amz-checksum-algorithm"];
  const checksumAlgorithm =
    algorithm === undefined
      ? copied.checksum?.algorithm
      : parseChecksumAlgorithm(algorithm, "x-amz-checksum-algorithm");
  const conditions = parsePreconditions(headers);
  return await withCopiedBlob(state, copied, undefined, checksumAlgorithm, async (received) => {
    const { md5, checksum } = received;
    const object = await commitObject(request, { attributes, conditions, received, now: state.now() });
    return xmlAnswer(
      "CopyObjectResult",
      {
        ETag: `"${md5}"`,
        LastModified: object.lastModified,
        ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }),
      },
      { ...versionHeader(bucket, object.versionId), ...sourceVersionHeader(source) },
    );
  });
}

function isReplacing({ headers }: ObjectRequest, header: string): boolean {
  const directive = headers[header] ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw invalidArgument(`Unknown directive: ${directive}`, header, directive);
  }
  return directive === "REPLACE";
}

function copyOntoItself(): StoreError {
  return new StoreError(
    400,
    "InvalidRequest",
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

function authorizeTagCopy(request: ObjectRequest, source: CopySource): void {
  if (Object.keys(source.object.tags).length === 0) return;
  const action = source.versionId === undefined ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging";
  authorizeExisting(request, action, source);
  authorizeObject(request, "s3:PutObjectTagging");
}

function sourceVersionHeader({ bucket, object }: CopySource): Answer["headers"] {
  return { "x-amz-copy-source-version-id": versionHeader(bucket, object.versionId)["x-amz-version-id"] };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export async function uploadPartCopy(request: ObjectRequest, state: StoreState): Promise<Answer> {
  const { bucket, key, headers } = request;
  authorizeObject(request, "s3:PutObject");
  const partNumber = parsePartNumber(request);
  const upload = bucket.uploads.get(key, parseUploadId(request));
  const source = findCopySource(request, state);
  const rangeHeader = headers["x-amz-copy-source-range"];
  const range =
    rangeHeader === undefined ? undefined : parseCopySourceRange(rangeHeader, source.object.bytes);
  refuseLargeCopy(range === undefined ? source.object.bytes : range.last - range.first + 1);
  const algorithm = upload.checksum?.algorithm;
  return await withCopiedBlob(state, source.object, range, algorithm, async ({ stored, md5, checksum }) => {
    const lastModified = state.now().toISOString();
    await bucket.uploads.putPart(key, upload.uploadId, {
      ...stored,
      partNumber,
      etag: md5,
      checksum: checksum && { algorithm: checksum.algorithm, value: checksum.value },
      lastModified,
    });
    return xmlAnswer(
      "CopyPartResult",
      {
        ETag: `"${md5}"`,
        LastModified: lastModified,
        ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value }),
      },
      sourceVersionHeader(source),
    );
  });
}

/** Copies the bytes to a new blob, and removes it again if `commit` fails. */
async function withCopiedBlob<Result>(
  { blobs }: StoreState,
  source: StoredObject,
  range: ByteRange | undefined,
  algorithm: ChecksumAlgorithm | undefined,
  commit: (received: ReceivedBlob) => Promise<Result>,
): Promise<Result> {
  const verifier = new DigestVerifier({ compute: algorithm });
  const stored = await blobs.write(digested(blobs.read(source.blobs, range), verifier));
  try {
    return await commit({ stored, ...verifier.finish() });
  } catch (error) {
    await blobs.remove([stored]);
    throw error;
  }
}

async function* digested(source: AsyncIterable<Buffer>, verifier: DigestVerifier): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    verifier.update(chunk);
    yield chunk;
  }
}
