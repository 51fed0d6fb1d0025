import {
  type ChecksumAlgorithm,
  checksumHeader,
  checksumTypeOf,
  parseChecksumAlgorithm,
} from "../checksums/checksums.ts";
import { parseInteger } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import { encryptionHeaders, etagOf } from "../encryption/encryption-headers.ts";
import { noContent, type StoreResponse, xmlResponse } from "../http/response.ts";
import { parseAttributes } from "../objects/object-attributes.ts";
import { authorizeEncryption, authorizeWrite } from "../objects/write-object.ts";
import { authorizeObject } from "../requests/authorization.ts";
import { type ReceivedBlob, withReceivedBlob } from "../requests/request-body.ts";
import { type ObjectRequest, type StoreState } from "../requests/s3-request.ts";
import type { MultipartUpload, StoredPart } from "../store/multipart-uploads.ts";
import { owner } from "../store/owner.ts";
import { authorizeUpload, parsePartNumber, parseUploadId } from "./upload-request.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html

export async function createMultipartUpload(
  request: ObjectRequest,
  { now }: StoreState,
): Promise<StoreResponse> {
  const { bucket, key, headers } = request;
  const attributes = parseAttributes(headers);
  authorizeWrite(request, attributes.tags);
  const encryption = authorizeEncryption(request);
  const checksum = parseUploadChecksum(headers);
  const upload = await bucket.uploads.create({
    key,
    attributes,
    encryption,
    checksum,
    initiatedAt: now().toISOString(),
    initiator: request.identity.arn,
  });
  return xmlResponse(
    "InitiateMultipartUploadResult",
    { Bucket: bucket.name, Key: key, UploadId: upload.uploadId },
    {
      "x-amz-checksum-algorithm": checksum?.algorithm,
      "x-amz-checksum-type": checksum?.type,
      ...encryptionHeaders(encryption),
    },
  );
}

function parseUploadChecksum(headers: Readonly<Record<string, string>>): MultipartUpload["checksum"] {
  const name = headers["x-amz-checksum-algorithm"];
  const type = headers["x-amz-checksum-type"];
  if (name === undefined) {
    if (type === undefined) return undefined;
    throw new StoreError(
      400,
      "InvalidRequest",
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  const algorithm = parseChecksumAlgorithm(name, "x-amz-checksum-algorithm");
  return { algorithm, type: checksumTypeOf(algorithm, type) };
}

export async function uploadPart(request: ObjectRequest, { blobs, now }: StoreState): Promise<StoreResponse> {
  const { bucket, key } = request;
  const partNumber = parsePartNumber(request);
  const upload = authorizeUpload(request);
  const { encryption } = upload;
  const commit = async ({ stored, md5, checksum }: ReceivedBlob): Promise<StoreResponse> => {
    assertChecksumAlgorithm(upload, checksum?.algorithm);
    const etag = etagOf(md5, encryption);
    await bucket.uploads.putPart(key, upload.uploadId, {
      ...stored,
      partNumber,
      etag,
      checksum: checksum && { algorithm: checksum.algorithm, value: checksum.value },
      lastModified: now().toISOString(),
    });
    return {
      status: 200,
      headers: {
        etag: `"${etag}"`,
        ...encryptionHeaders(encryption),
        ...(checksum && { [checksumHeader(checksum.algorithm)]: checksum.value }),
      },
    };
  };
  // A FULL_OBJECT checksum is computed from those of the parts, and S3 computes the ones that the client does not send.
  // For a COMPOSITE checksum the client has to send them.
  const compute = upload.checksum?.type === "FULL_OBJECT" ? upload.checksum.algorithm : undefined;
  return await withReceivedBlob(request, blobs, commit, { compute });
}

function assertChecksumAlgorithm({ checksum }: MultipartUpload, sent: ChecksumAlgorithm | undefined): void {
  if (checksum === undefined || checksum.algorithm === sent) return;
  throw new StoreError(
    400,
    "InvalidRequest",
    `Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum Type: ${sent?.toLowerCase() ?? "null"}`,
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export async function abortMultipartUpload(request: ObjectRequest): Promise<StoreResponse> {
  authorizeObject(request, "s3:AbortMultipartUpload");
  await request.bucket.uploads.abort(request.key, parseUploadId(request));
  return noContent;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export async function listParts(request: ObjectRequest): Promise<StoreResponse> {
  const { bucket, key, query } = request;
  authorizeObject(request, "s3:ListMultipartUploadParts");
  const upload = bucket.uploads.get(key, parseUploadId(request));
  const maxParts = parseInteger(query.get("max-parts"), "max-parts", {
    minimum: 0,
    maximum: 1000,
    default: 1000,
  });
  const marker = parseInteger(query.get("part-number-marker"), "part-number-marker", {
    minimum: 0,
    maximum: 2 ** 31 - 1,
    default: 0,
  });
  const rest = partsInOrder(upload).filter(({ partNumber }) => partNumber > marker);
  const page = rest.slice(0, maxParts);
  return xmlResponse("ListPartsResult", {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.uploadId,
    Initiator: { ID: upload.initiator, DisplayName: upload.initiator.split("/").at(-1) },
    Owner: owner,
    StorageClass: "STANDARD",
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    MaxParts: maxParts,
    IsTruncated: rest.length > page.length,
    ChecksumAlgorithm: upload.checksum?.algorithm,
    ChecksumType: upload.checksum?.type,
    Part: page.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: part.lastModified,
      ETag: `"${part.etag}"`,
      Size: part.bytes,
      ...(part.checksum && { [`Checksum${part.checksum.algorithm}`]: part.checksum.value }),
    })),
  });
}

function partsInOrder(upload: MultipartUpload): StoredPart[] {
  return [...upload.parts.values()].sort((a, b) => a.partNumber - b.partNumber);
}
