import { notImplemented, StoreError } from "../core/store-error.ts";

const unsupported =
  /^x-amz-(?:(?:copy-source-)?server-side-encryption-(?:customer-.+|context)|if-match-.+|website-redirect-location|write-offset-bytes)$/;

/** Headers with the only value that is supported. */
const onlyValues = new Map([
  ["x-amz-bucket-namespace", "global"],
  ["x-amz-bucket-object-lock-enabled", "false"],
  ["x-amz-object-ownership", "BucketOwnerEnforced"],
]);

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html: ACLs are off by default
const harmlessAcls = ["private", "bucket-owner-full-control"];

/**
 * Refuses headers that ask for a feature which the store does not have. Ignoring them would mislead the client.
 * @param headers names in lower case
 * @throws {StoreError} NotImplemented, InvalidStorageClass, AccessControlListNotSupported, InvalidRequest
 */
export function assertSupportedHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    const only = onlyValues.get(name);
    if (unsupported.test(name) || (only !== undefined && value.toLowerCase() !== only.toLowerCase())) {
      throw notImplemented(name);
    }
    if (name.startsWith("x-amz-grant-") || (name === "x-amz-acl" && !harmlessAcls.includes(value))) {
      throw new StoreError(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
    }
    if (name.startsWith("x-amz-object-lock-")) {
      throw new StoreError(400, "InvalidRequest", "Bucket is missing Object Lock Configuration");
    }
    if (name === "x-amz-storage-class" && value !== "STANDARD") {
      throw new StoreError(400, "InvalidStorageClass", "The storage class you specified is not valid", {
        details: { StorageClassRequested: value },
      });
    }
  }
}
