import { invalidArgument } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import { authorizeKms } from "../encryption/authorize-kms.ts";
import { parseQueryMap } from "../requests/parameters.ts";
import { type ObjectRequest, type StoreState } from "../requests/s3-request.ts";
import type { Bucket } from "../store/bucket.ts";
import { type StoredObject, validatorsOf } from "../store/object-version.ts";
import { assertCopySourceConditions, parsePreconditions } from "./conditional-requests.ts";
import { authorizeExisting, findObject } from "./find-version.ts";

export interface CopySource {
  readonly bucket: Bucket;
  readonly key: string;
  readonly versionId: string | undefined;
  readonly object: StoredObject;
}

const maxCopyBytes = 5 * 1024 ** 3;

/**
 * What x-amz-copy-source names, if the caller may read it and its preconditions hold.
 * @throws {StoreError} InvalidArgument, NoSuchBucket, NoSuchKey, AccessDenied, PreconditionFailed
 */
export function findCopySource(request: ObjectRequest, { buckets }: StoreState): CopySource {
  const { bucketName, key, versionId } = parseCopySource(request.headers["x-amz-copy-source"] ?? "");
  const bucket = buckets.get(bucketName);
  const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  authorizeExisting(request, action, { bucket, key, versionId });
  const object = findObject(request, bucket, key, versionId);
  assertCopySourceConditions(parsePreconditions(request.headers, "x-amz-copy-source-"), validatorsOf(object));
  authorizeKms(request, "kms:Decrypt", { bucket, key, encryption: object.encryption });
  return { bucket, key, versionId, object };
}

function parseCopySource(header: string): { bucketName: string; key: string; versionId: string | undefined } {
  const [path = "", query = ""] = splitAt(header.replace(/^\//, ""), "?");
  const [bucketName = "", key = ""] = splitAt(decode(path, header).replace(/^\//, ""), "/");
  if (bucketName === "" || key === "") throw invalidCopySource(header);
  return { bucketName, key, versionId: parseQueryMap(query).get("versionId") };
}

function splitAt(text: string, separator: string): string[] {
  const index = text.indexOf(separator);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function decode(path: string, header: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalidCopySource(header);
  }
}

function invalidCopySource(header: string): StoreError {
  return invalidArgument(
    "Invalid copy source object key: it has to be bucket/key, URL encoded",
    "x-amz-copy-source",
    header,
  );
}

/** @throws {StoreError} InvalidRequest */
export function assertCopySize(bytes: number): void {
  if (bytes <= maxCopyBytes) return;
  throw new StoreError(
    400,
    "InvalidRequest",
    `The specified copy source is larger than the maximum allowable size for a copy source: ${maxCopyBytes}`,
  );
}
