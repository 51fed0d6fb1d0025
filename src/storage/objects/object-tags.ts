import { GetObjectTaggingCommand, type S3Client } from "@aws-sdk/client-s3";
import type { NameAndValue } from "../../core/name-and-value.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { reasonOfRefusedRead } from "./failed-head.ts";

/**
 * @throws {ValetKeyError} OBJECT_NOT_FOUND, BUCKET_NOT_FOUND, FORBIDDEN, STORAGE_UNAVAILABLE,
 * BAD_USER_INPUT for the version id
 */
export async function objectTags(
  s3: S3Client,
  { bucket, key, versionId }: ObjectAddress,
): Promise<NameAndValue[]> {
  try {
    const { TagSet = [] } = await s3.send(
      new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId }),
    );
    return TagSet.map(({ Key: name = "", Value: value = "" }) => ({ name, value }));
  } catch (cause) {
    throw reasonOfRefusedRead(cause, { operation: "GetObjectTagging", versionId });
  }
}
