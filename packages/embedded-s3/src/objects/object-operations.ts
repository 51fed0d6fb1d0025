import { checksumHeader } from "../checksums/checksums.ts";
import { invalidArgument, parseInteger } from "../core/arguments.ts";
import { notImplemented, StoreError } from "../core/store-error.ts";
import { type ByteRange } from "../disk/blob-files.ts";
import { noContent, type StoreResponse } from "../http/response.ts";
import { requestTagContext } from "../iam/condition-context.ts";
import { authorize, objectArn } from "../requests/authorization.ts";
import { type ReceivedBlob, withReceivedBlob } from "../requests/request-body.ts";
import {
  type BucketRequest,
  type ObjectRequest,
  type SignedRequest,
  type StoreState,
} from "../requests/s3-request.ts";
import {
  currentObject,
  type ObjectAttributes,
  type ObjectVersion,
  type StoredObject,
  validatorsOf,
  withNewest,
} from "../store/object-version.ts";
import {
  assertWriteConditions,
  evaluateReadConditions,
  type Preconditions,
  parsePreconditions,
} from "./conditional-requests.ts";
import { assertVersionId, authorizeExisting, findObject, versionHeader } from "./find-version.ts";
import { attributeHeaders, parseAttributes, responseOverrides } from "./object-attributes.ts";
import { parseRange } from "./range.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export async function getObject(request: ObjectRequest, { blobs }: StoreState): Promise<StoreResponse> {
  const { object, response, range } = readObject(request);
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

function checksumHeaders(
  { headers, query }: ObjectRequest,
  { checksum }: StoredObject,
): Record<string, string> {
  if (headers["x-amz-checksum-mode"]?.toUpperCase() !== "ENABLED") return {};
  if (checksum === undefined || query.has("partNumber")) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type };
}

function countOf(tags: StoredObject["tags"]): string | undefined {
  const count = Object.keys(tags).length;
  return count === 0 ? undefined : String(count);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function putObject(request: ObjectRequest, { blobs, now }: StoreState): Promise<StoreResponse> {
  const { bucket, key, headers } = request;
  const attributes = parseAttributes(headers);
  authorizeWrite(request, attributes.tags);
  const conditions = parsePreconditions(headers);
  return await withReceivedBlob(request, blobs, async (received) => {
    const object = await commitObject({ bucket, key }, { attributes, conditions, received, now: now() });
    return { status: 200, headers: writtenHeaders(request, object) };
  });
}

export interface NewObject {
  readonly attributes: ObjectAttributes;
  readonly conditions: Preconditions;
  readonly received: ReceivedBlob;
  readonly now: Date;
}

/**
 * Creates an object from one blob.
 * @throws {StoreError} PreconditionFailed (412)
 */
export async function commitObject(
  { bucket, key }: Pick<ObjectRequest, "bucket" | "key">,
  { attributes, conditions, received, now }: NewObject,
): Promise<StoredObject> {
  const object: StoredObject = {
    headers: attributes.headers,
    metadata: attributes.metadata,
    tags: attributes.tags,
    deleteMarker: false,
    versionId: bucket.newVersionId(),
    lastModified: now.toISOString(),
    etag: received.md5,
    bytes: received.bytes,
    blobs: [received.stored],
    checksum: received.checksum,
  };
  await bucket.updateVersions(key, (versions) => {
    assertWriteConditions(conditions, currentValidators(key, versions));
    return withNewest(versions, object);
  });
  return object;
}

/** @throws {StoreError} AccessDenied (403) unless the caller may write the key with these tags */
export function authorizeWrite(
  request: SignedRequest & Pick<ObjectRequest, "bucket" | "key">,
  tags: Readonly<Record<string, string>>,
): void {
  const { bucket, key, headers } = request;
  const resource = objectArn(bucket.name, key);
  const context = requestTagContext(tags);
  authorize(request, "s3:PutObject", resource, context);
  if (Object.keys(tags).length > 0) authorize(request, "s3:PutObjectTagging", resource, context);
  if (headers["x-amz-acl"] !== undefined) authorize(request, "s3:PutObjectAcl", resource, context);
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  if (headers["if-match"] !== undefined) authorizeExisting(request, "s3:GetObject", { bucket, key });
}

export function currentValidators(key: string, versions: readonly ObjectVersion[]) {
  const current = currentObject({ key, versions });
  return current && validatorsOf(current);
}

/** The response headers of every operation that creates an object. */
export function writtenHeaders(
  { bucket }: Pick<ObjectRequest, "bucket">,
  object: StoredObject,
): StoreResponse["headers"] {
  const { checksum } = object;
  return {
    etag: `"${object.etag}"`,
    ...versionHeader(bucket, object.versionId),
    ...(checksum && {
      [checksumHeader(checksum.algorithm)]: checksum.value,
      "x-amz-checksum-type": checksum.type,
    }),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export async function deleteObject(request: ObjectRequest, { now }: StoreState): Promise<StoreResponse> {
  const { key, query, headers } = request;
  const conditions = parsePreconditions(headers);
  if (conditions.ifNoneMatch !== undefined) throw notImplemented("If-None-Match");
  const deleted = await deleteVersion(request, { key, versionId: query.get("versionId"), conditions }, now());
  return {
    ...noContent,
    headers: {
      "x-amz-version-id": deleted.versionId,
      "x-amz-delete-marker": deleted.deleteMarker ? "true" : undefined,
    },
  };
}

export interface Deletion {
  /** The id of the removed version, or of the new delete marker. */
  readonly versionId?: string | undefined;
  readonly deleteMarker: boolean;
}

/**
 * Removes one version or, without a version id, the object. In a bucket with versions, a delete marker hides the object instead.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 * @throws {StoreError} AccessDenied (403), PreconditionFailed (412), …
 */
export async function deleteVersion(
  request: BucketRequest,
  target: {
    readonly key: string;
    readonly versionId: string | undefined;
    readonly conditions: Preconditions;
  },
  now: Date,
): Promise<Deletion> {
  const { bucket } = request;
  const { key, versionId, conditions } = target;
  const { ifMatch } = conditions;
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  authorize(request, action, objectArn(bucket.name, key), {
    "s3:versionid": versionId,
    "s3:if-match": ifMatch,
  });
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
  if (ifMatch !== undefined && ifMatch !== "*") authorizeExisting(request, "s3:GetObject", { bucket, key });
  assertVersionId(versionId);
  if (ifMatch === "") throw invalidArgument("The If-Match header is empty.", "If-Match", ifMatch);
  const { versioning } = bucket.configuration;
  const newMarker = {
    deleteMarker: true,
    versionId: bucket.newVersionId(),
    lastModified: now.toISOString(),
  } as const;
  let removed: ObjectVersion | undefined;
  await bucket.updateVersions(key, (versions) => {
    assertWriteConditions(conditions, currentValidators(key, versions));
    if (versionId !== undefined) {
      removed = versions.find((version) => version.versionId === versionId);
      return versions.filter((version) => version !== removed);
    }
    return versioning === undefined ? [] : withNewest(versions, newMarker);
  });
  if (versionId !== undefined) return { versionId, deleteMarker: removed?.deleteMarker ?? false };
  return versioning === undefined
    ? { deleteMarker: false }
    : { versionId: newMarker.versionId, deleteMarker: true };
}
