import { randomBytes } from "node:crypto";
import { invalidArgument } from "../core/arguments.ts";
import { notImplemented } from "../core/store-error.ts";
import type { StoreResponse } from "../http/response.ts";
import type { ConditionContext } from "../iam/condition-keys.ts";
import type { SignedRequest } from "../requests/s3-request.ts";
import type { Bucket } from "../store/bucket.ts";
import type { KmsEncryption } from "../store/encryption.ts";
import { parseKmsKey } from "./kms-key.ts";

const algorithmHeader = "x-amz-server-side-encryption";
const keyHeader = "x-amz-server-side-encryption-aws-kms-key-id";
const bucketKeyHeader = "x-amz-server-side-encryption-bucket-key-enabled";

/** The operations that create an object, besides POST. Parts are encrypted as CreateMultipartUpload asked. */
const encryptingOperations = new Set(["PutObject", "CopyObject", "CreateMultipartUpload"]);

/**
 * Refuses requests to encrypt where nothing is encrypted, such as a GET with these headers.
 * @throws {StoreError} 400 InvalidArgument
 */
export function assertMayEncrypt(operation: string, headers: SignedRequest["headers"]): void {
  if (encryptingOperations.has(operation)) return;
  for (const name of [algorithmHeader, keyHeader, bucketKeyHeader]) {
    const value = headers[name];
    if (value !== undefined) {
      throw invalidArgument(`${name} header is not supported for this operation.`, name, value);
    }
  }
}

/** Whether a request names an encryption, and does not leave it to the default of the bucket. */
export function asksForEncryption(headers: SignedRequest["headers"]): boolean {
  return headers[algorithmHeader] !== undefined;
}

/**
 * The encryption of an object that a request creates: as its headers ask, or the default of the bucket.
 * @returns undefined for AES256
 * @throws {StoreError} InvalidArgument, KMS.NotFoundException, NotImplemented
 */
export function chooseEncryption(
  { headers, identity }: Pick<SignedRequest, "headers" | "identity">,
  bucket: Bucket,
): KmsEncryption | undefined {
  const { encryption: byDefault } = bucket.configuration;
  const algorithm = headers[algorithmHeader];
  const key = headers[keyHeader];
  const bucketKey = parseBoolean(headers[bucketKeyHeader]) ?? byDefault?.bucketKey ?? false;
  if (algorithm !== undefined && algorithm !== "AES256" && algorithm !== "aws:kms") {
    throw invalidAlgorithm(algorithm);
  }
  if (key !== undefined && algorithm !== "aws:kms") {
    throw invalidArgument(
      "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
      algorithmHeader,
      algorithm ?? "null",
    );
  }
  if (algorithm === undefined) {
    return byDefault?.keyArn === undefined ? undefined : { keyArn: byDefault.keyArn, bucketKey };
  }
  if (algorithm === "AES256") return undefined;
  if (key === undefined)
    throw notImplemented(`${algorithmHeader} without a key, for the key aws/s3 that AWS manages`);
  return { keyArn: parseKmsKey(key, bucket, identity.arn), bucketKey };
}

function invalidAlgorithm(algorithm: string) {
  if (algorithm === "aws:kms:dsse") return notImplemented(algorithm);
  return invalidArgument("The encryption method specified is not supported", algorithmHeader, algorithm);
}

function parseBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const lowerCase = text.toLowerCase();
  if (lowerCase === "true" || lowerCase === "false") return lowerCase === "true";
  throw invalidArgument("The value must be true or false.", bucketKeyHeader, text);
}

/** The headers with which S3 reports the encryption of an object. */
export function encryptionHeaders(encryption: KmsEncryption | undefined): StoreResponse["headers"] {
  if (encryption === undefined) return { [algorithmHeader]: "AES256" };
  return {
    [algorithmHeader]: "aws:kms",
    [keyHeader]: encryption.keyArn,
    [bucketKeyHeader]: encryption.bucketKey ? "true" : undefined,
  };
}

/** The condition keys of requests about a part, which have no such headers: those of the upload's beginning apply. */
export function encryptionContext(encryption: KmsEncryption | undefined): ConditionContext {
  return {
    [`s3:${algorithmHeader}`]: encryption === undefined ? "AES256" : "aws:kms",
    [`s3:${keyHeader}`]: encryption?.keyArn,
  };
}

/**
 * The ETag of a part, or of an object that is uploaded as a whole. With a KMS key it is not the MD5 of the bytes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export function etagOf(md5: string, encryption: KmsEncryption | undefined): string {
  return encryption === undefined ? md5 : randomBytes(16).toString("hex");
}
