import { encryptionHeaders, etagOf } from "../encryption/encryption-headers.ts";
import { type StoreResponse, xmlResponse } from "../http/response.ts";
import { sourceVersionHeader, withCopiedBlob } from "../objects/copied-blob.ts";
import { assertCopySize, findCopySource } from "../objects/copy-source.ts";
import { parseCopySourceRange } from "../objects/range.ts";
import type { ObjectRequest, StoreState } from "../requests/s3-request.ts";
import { authorizeUpload, parsePartNumber } from "./upload-request.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export async function uploadPartCopy(request: ObjectRequest, state: StoreState): Promise<StoreResponse> {
  const { bucket, key, headers } = request;
  const partNumber = parsePartNumber(request);
  const upload = authorizeUpload(request);
  const source = findCopySource(request, state);
  const rangeHeader = headers["x-amz-copy-source-range"];
  const range =
    rangeHeader === undefined ? undefined : parseCopySourceRange(rangeHeader, source.object.bytes);
  assertCopySize(range === undefined ? source.object.bytes : range.last - range.first + 1);
  const algorithm = upload.checksum?.algorithm;
  return await withCopiedBlob(state, source.object, range, algorithm, async ({ stored, md5, checksum }) => {
    const etag = etagOf(md5, upload.encryption);
    const lastModified = state.now().toISOString();
    await bucket.uploads.putPart(key, upload.uploadId, {
      ...stored,
      partNumber,
      etag,
      checksum: checksum && { algorithm: checksum.algorithm, value: checksum.value },
      lastModified,
    });
    return xmlResponse(
      "CopyPartResult",
      {
        ETag: `"${etag}"`,
        LastModified: lastModified,
        ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value }),
      },
      { ...sourceVersionHeader(source), ...encryptionHeaders(upload.encryption) },
    );
  });
}
