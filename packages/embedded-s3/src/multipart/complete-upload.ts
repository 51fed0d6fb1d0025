import { createHash } from "node:crypto";
import {
  badDigest,
  type Checksum,
  checksumHeader,
  checksumOfParts,
  checksumsAmong,
} from "../checksums/checksums.ts";
import { StoreError } from "../core/store-error.ts";
import { encryptionHeaders } from "../encryption/encryption-headers.ts";
import { type StoreResponse, xmlResponse } from "../http/response.ts";
import { malformedXml, type ParsedElement, parseXml } from "../http/xml.ts";
import { assertWriteConditions, parsePreconditions } from "../objects/conditional-requests.ts";
import { authorizeExisting, versionHeader } from "../objects/find-version.ts";
import { currentValidators } from "../objects/write-object.ts";
import { receiveText } from "../requests/request-body.ts";
import type { ObjectRequest, StoreState } from "../requests/s3-request.ts";
import type { MultipartUpload, StoredPart } from "../store/multipart-uploads.ts";
import { type StoredObject, withNewest } from "../store/object-version.ts";
import { authorizeParts, parseUploadId } from "./upload-request.ts";

const minPartBytes = 5 * 1024 ** 2;

interface NamedPart {
  readonly partNumber: number;
  readonly etag: string;
  /** By the name of the algorithm, which may be unknown. */
  readonly checksums: ReadonlyMap<string, string | undefined>;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export async function completeMultipartUpload(
  request: ObjectRequest,
  { now }: StoreState,
): Promise<StoreResponse> {
  const { bucket, key, headers } = request;
  const uploadId = parseUploadId(request);
  authorizeParts(request, completedEarlier(request, uploadId) ?? bucket.uploads.find(key, uploadId));
  if (headers["if-match"] !== undefined) authorizeExisting(request, "s3:GetObject", { bucket, key });
  const named = parseParts(parseXml(await receiveText(request, "object"), "CompleteMultipartUpload"));
  const conditions = parsePreconditions(headers);
  const earlier = completedEarlier(request, uploadId);
  if (earlier !== undefined) return completed(request, earlier);
  const object = await bucket.uploads.complete(key, uploadId, async (upload) => {
    const parts = chooseParts(upload, named);
    const made = objectOf(request, upload, parts, now());
    assertAsDeclared(headers, made);
    await bucket.updateVersions(key, (versions) => {
      assertWriteConditions(conditions, currentValidators(key, versions));
      return withNewest(versions, made);
    });
    return made;
  });
  return completed(request, object);
}

/** The object of an upload that is complete already: a client that lost the first response may repeat the request. */
function completedEarlier({ bucket, key }: ObjectRequest, uploadId: string): StoredObject | undefined {
  const newest = bucket.record(key)?.versions[0];
  if (newest === undefined || newest.deleteMarker || newest.uploadId !== uploadId) return undefined;
  return newest;
}

function completed(request: ObjectRequest, object: StoredObject): StoreResponse {
  const { bucket, key, wire } = request;
  const { checksum } = object;
  return xmlResponse(
    "CompleteMultipartUploadResult",
    {
      Location: `http://${wire.headers.host}${wire.path}`,
      Bucket: bucket.name,
      Key: key,
      ETag: `"${object.etag}"`,
      ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }),
    },
    { ...versionHeader(bucket, object.versionId), ...encryptionHeaders(object.encryption) },
  );
}

function parseParts(root: ParsedElement): NamedPart[] {
  const parts = root.children("Part").map((part) => {
    const number = part.childText("PartNumber")?.trim() ?? "";
    const etag = part.childText("ETag")?.trim().replaceAll('"', "");
    if (!/^\d{1,5}$/.test(number) || etag === undefined) throw malformedXml();
    const checksums = part.childNames.flatMap((name) => {
      const [, algorithm] = /^Checksum(.+)$/.exec(name) ?? [];
      return algorithm === undefined ? [] : [[algorithm, part.childText(name)] as const];
    });
    return { partNumber: Number(number), etag, checksums: new Map(checksums) };
  });
  if (parts.length === 0 || parts.length > 10_000) throw malformedXml();
  return parts;
}

function chooseParts(upload: MultipartUpload, named: readonly NamedPart[]): StoredPart[] {
  if (named.some(({ partNumber }, index) => partNumber <= (named[index - 1]?.partNumber ?? 0))) {
    throw new StoreError(
      400,
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
      { details: { UploadId: upload.uploadId } },
    );
  }
  const parts = named.map((name) => choosePart(upload, name));
  for (const part of parts.slice(0, -1)) {
    if (part.bytes < minPartBytes) {
      throw new StoreError(
        400,
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        {
          details: {
            ProposedSize: String(part.bytes),
            MinSizeAllowed: String(minPartBytes),
            PartNumber: String(part.partNumber),
            ETag: part.etag,
          },
        },
      );
    }
  }
  return parts;
}

function choosePart(upload: MultipartUpload, named: NamedPart): StoredPart {
  const part = upload.parts.get(named.partNumber);
  const isSame =
    part !== undefined &&
    part.etag === named.etag &&
    [...named.checksums].every(
      ([algorithm, value]) => part.checksum?.algorithm === algorithm && part.checksum.value === value,
    );
  if (!isSame) {
    throw new StoreError(
      400,
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { details: { UploadId: upload.uploadId, PartNumber: String(named.partNumber), ETag: named.etag } },
    );
  }
  if (upload.checksum?.type === "COMPOSITE" && !named.checksums.has(upload.checksum.algorithm)) {
    throw new StoreError(
      400,
      "InvalidRequest",
      `The upload was created using a ${upload.checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${named.partNumber} in the request.`,
    );
  }
  return part;
}

function objectOf(
  { bucket }: ObjectRequest,
  upload: MultipartUpload,
  parts: readonly StoredPart[],
  now: Date,
): StoredObject {
  const md5s = createHash("md5");
  for (const part of parts) md5s.update(part.etag, "hex");
  return {
    ...upload.attributes,
    encryption: upload.encryption,
    deleteMarker: false,
    versionId: bucket.newVersionId(),
    lastModified: now.toISOString(),
    etag: `${md5s.digest("hex")}-${parts.length}`,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    blobs: parts.map(({ blob, bytes }) => ({ blob, bytes })),
    checksum: checksumOf(upload, parts),
    partChecksums: upload.checksum && parts.map(({ checksum }) => checksum?.value ?? ""),
    uploadId: upload.uploadId,
  };
}

function checksumOf(upload: MultipartUpload, parts: readonly StoredPart[]): Checksum | undefined {
  if (upload.checksum === undefined) return undefined;
  const { algorithm, type } = upload.checksum;
  return checksumOfParts(
    algorithm,
    type,
    parts.map(({ checksum, bytes }) => ({ value: checksum?.value ?? "", bytes })),
  );
}

/** Checks what the request declares about the whole object. */
function assertAsDeclared(headers: Readonly<Record<string, string>>, object: StoredObject): void {
  const promisedBytes = headers["x-amz-mp-object-size"];
  if (promisedBytes !== undefined && promisedBytes !== String(object.bytes)) {
    throw new StoreError(
      400,
      "InvalidRequest",
      `The provided 'x-amz-mp-object-size' header value ${promisedBytes} does not match what was computed: ${object.bytes}`,
    );
  }
  const promisedType = headers["x-amz-checksum-type"];
  if (promisedType !== undefined && promisedType !== object.checksum?.type) {
    throw new StoreError(400, "InvalidRequest", "Value for x-amz-checksum-type header is invalid.");
  }
  for (const algorithm of checksumsAmong(Object.keys(headers))) {
    const promised = headers[checksumHeader(algorithm)];
    if (object.checksum?.algorithm !== algorithm || object.checksum.value !== promised)
      throw badDigest(algorithm);
  }
}
