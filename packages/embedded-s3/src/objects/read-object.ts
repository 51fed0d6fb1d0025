import { checksumHeader } from "../checksums/checksums.ts";
import { parseInteger } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import { type ByteRange } from "../disk/blob-files.ts";
import { authorizeKms } from "../encryption/authorize-kms.ts";
import { encryptionHeaders } from "../encryption/encryption-headers.ts";
import { type StoreResponse } from "../http/response.ts";
import { type ObjectRequest, type StoreState } from "../requests/s3-request.ts";
import { type StoredObject, validatorsOf } from "../store/object-version.ts";
import { evaluateReadConditions, parsePreconditions } from "./conditional-requests.ts";
import { authorizeExisting, findObject, versionHeader } from "./find-version.ts";
import { attributeHeaders, responseOverrides } from "./object-attributes.ts";
import { parseRange } from "./range.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export async function getObject(request: ObjectRequest, { blobs }: StoreState): Promise<StoreResponse> {
  const { object, response, range } = readObject(request);
  const { bucket, key } = request;
  authorizeKms(request, "kms:Decrypt", { bucket, key, encryption: object.encryption });
  return response.status === 304 ? response : { ...response, body: blobs.read(object.blobs, range) };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
export async function headObject(request: ObjectRequest): Promise<StoreResponse> {
  return readObject(request).response;
}

function readObject(request: ObjectRequest): {
  object: StoredObject;
  response: StoreResponse;
  range: ByteRange | undefined;
} {
  const { bucket, key, query, headers } = request;
  const versionId = query.get("versionId");
  const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  authorizeExisting(request, action, { bucket, key, versionId });
  const object = findObject(request, bucket, key, versionId);
  const validators = {
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.lastModified).toUTCString(),
    ...versionHeader(bucket, object.versionId),
  };
  const part = partOf(request, object);
  if (evaluateReadConditions(parsePreconditions(headers), validatorsOf(object)) === "not-modified") {
    return { object, range: undefined, response: { status: 304, headers: validators } };
  }
  const range = part ?? parseRange(rangeHeader(request, object), object.bytes);
  const described = {
    ...attributeHeaders(object),
    ...responseOverrides(query),
    ...validators,
    ...encryptionHeaders(object.encryption),
    ...(part === undefined && range !== undefined ? {} : checksumHeaders(request, object)),
    "accept-ranges": "bytes",
    "content-length": String(range === undefined ? object.bytes : range.last - range.first + 1),
    "content-range": range && `bytes ${range.first}-${range.last}/${object.bytes}`,
    "x-amz-tagging-count": countOf(object.tags),
    "x-amz-mp-parts-count":
      query.has("partNumber") && object.uploadId !== undefined ? String(object.blobs.length) : undefined,
  };
  return { object, range, response: { status: range === undefined ? 200 : 206, headers: described } };
}

/** If-Range: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
function rangeHeader({ headers }: ObjectRequest, object: StoredObject): string | undefined {
  const ifRange = headers["if-range"];
  const holds =
    ifRange === undefined ||
    ifRange === `"${object.etag}"` ||
    Date.parse(ifRange) >= Date.parse(object.lastModified);
  return holds ? headers.range : undefined;
}

/** The range of the part that partNumber=… names. */
function partOf({ query, headers }: ObjectRequest, object: StoredObject): ByteRange | undefined {
  if (!query.has("partNumber")) return undefined;
  const number = parseInteger(query.get("partNumber"), "partNumber", {
    minimum: 1,
    maximum: 10_000,
    default: 1,
  });
  if (headers.range !== undefined) {
    throw new StoreError(
      400,
      "InvalidRequest",
      "Cannot specify both Range header and partNumber query parameter",
    );
  }
  const part = object.blobs[number - 1];
  if (part === undefined) {
    throw new StoreError(416, "InvalidPartNumber", "The requested partnumber is not satisfiable", {
      details: { PartNumberRequested: String(number), ActualPartCount: String(object.blobs.length) },
    });
  }
  if (part.bytes === 0) return undefined;
  const first = object.blobs.slice(0, number - 1).reduce((sum, { bytes }) => sum + bytes, 0);
  return { first, last: first + part.bytes - 1 };
}

/** S3 keeps the checksums of an object encrypted with the object's key. */
function checksumHeaders(
  request: ObjectRequest,
  { checksum, encryption }: StoredObject,
): Record<string, string> {
  const { bucket, key, headers, query } = request;
  if (headers["x-amz-checksum-mode"]?.toUpperCase() !== "ENABLED") return {};
  if (checksum === undefined || query.has("partNumber")) return {};
  authorizeKms(request, "kms:Decrypt", { bucket, key, encryption });
  return { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type };
}

function countOf(tags: StoredObject["tags"]): string | undefined {
  const count = Object.keys(tags).length;
  return count === 0 ? undefined : String(count);
}
