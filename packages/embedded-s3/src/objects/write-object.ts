import { checksumHeader } from "../checksums/checksums.ts";
import { authorizeKms } from "../encryption/authorize-kms.ts";
import { chooseEncryption, encryptionHeaders, etagOf } from "../encryption/encryption-headers.ts";
import { type StoreResponse } from "../http/response.ts";
import { requestTagContext } from "../iam/condition-context.ts";
import { authorize, objectArn } from "../requests/authorization.ts";
import { type ReceivedBlob, withReceivedBlob } from "../requests/request-body.ts";
import { type ObjectRequest, type SignedRequest, type StoreState } from "../requests/s3-request.ts";
import type { KmsEncryption } from "../store/encryption.ts";
import {
  currentObject,
  type ObjectAttributes,
  type ObjectVersion,
  type StoredObject,
  validatorsOf,
  withNewest,
} from "../store/object-version.ts";
import { assertWriteConditions, type Preconditions, parsePreconditions } from "./conditional-requests.ts";
import { authorizeExisting, versionHeader } from "./find-version.ts";
import { parseAttributes } from "./object-attributes.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function putObject(request: ObjectRequest, { blobs, now }: StoreState): Promise<StoreResponse> {
  const { bucket, key, headers } = request;
  const attributes = parseAttributes(headers);
  authorizeWrite(request, attributes.tags);
  const encryption = authorizeEncryption(request);
  const conditions = parsePreconditions(headers);
  return await withReceivedBlob(request, blobs, async (received) => {
    const object = await commitObject(
      { bucket, key },
      { attributes, encryption, conditions, received, now: now() },
    );
    return { status: 200, headers: writtenHeaders(request, object) };
  });
}

/**
 * The encryption of an object that the caller begins to write.
 * @throws {StoreError} AccessDenied (403) unless the caller may use the key, and what `chooseEncryption` throws
 */
export function authorizeEncryption(
  request: SignedRequest & Pick<ObjectRequest, "bucket" | "key">,
): KmsEncryption | undefined {
  const { bucket, key } = request;
  const encryption = chooseEncryption(request, bucket);
  authorizeKms(request, "kms:GenerateDataKey", { bucket, key, encryption });
  return encryption;
}

export interface NewObject {
  readonly attributes: ObjectAttributes;
  readonly encryption: KmsEncryption | undefined;
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
  { attributes, encryption, conditions, received, now }: NewObject,
): Promise<StoredObject> {
  const object: StoredObject = {
    headers: attributes.headers,
    metadata: attributes.metadata,
    tags: attributes.tags,
    deleteMarker: false,
    versionId: bucket.newVersionId(),
    lastModified: now.toISOString(),
    etag: etagOf(received.md5, encryption),
    bytes: received.bytes,
    blobs: [received.stored],
    checksum: received.checksum,
    encryption,
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
    ...encryptionHeaders(object.encryption),
    ...(checksum && {
      [checksumHeader(checksum.algorithm)]: checksum.value,
      "x-amz-checksum-type": checksum.type,
    }),
  };
}
