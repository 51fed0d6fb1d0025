import { notImplemented, StoreError } from "../core/store-error.ts";
import type { Bucket } from "../store/bucket.ts";

const keyArnShape = /^arn:aws:kms:([a-z0-9-]{1,63}):\d{12}:key\/[A-Za-z0-9-]{1,128}$/;
const keyIdShape = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * The ARN of the KMS key that a request names by its ARN or its id. Every key exists that has a valid name and the region
 * of the bucket.
 * @param callerArn whose account has the key, if only its id is given
 * @throws {StoreError} 400 KMS.NotFoundException, 501 NotImplemented for aliases
 */
export function parseKmsKey(name: string, bucket: Bucket, callerArn: string): string {
  if (/^(?:arn:aws:kms:[^:]*:[^:]*:)?alias\//.test(name)) throw notImplemented("alias");
  const account = callerArn.split(":")[4] ?? "";
  const arn = keyIdShape.test(name) ? `arn:aws:kms:${bucket.region}:${account}:key/${name}` : name;
  const [, region] = keyArnShape.exec(arn) ?? [];
  if (region === undefined) throw noSuchKmsKey(`Invalid keyId '${name}'`);
  if (region !== bucket.region) throw noSuchKmsKey(`Invalid arn ${region}`);
  return arn;
}

function noSuchKmsKey(message: string): StoreError {
  return new StoreError(400, "KMS.NotFoundException", message);
}
