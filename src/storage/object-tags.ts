import { GetObjectTaggingCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectAddress } from "../object-address.ts";
import { asking } from "./s3-errors.ts";
import type { NameAndValue } from "./stored-object.ts";

/** @throws {ValetKeyError} OBJECT_NOT_FOUND, BUCKET_NOT_FOUND, FORBIDDEN, STORAGE_UNAVAILABLE */
export async function objectTags(
  s3: S3Client,
  { bucket, key, versionId }: ObjectAddress,
): Promise<NameAndValue[]> {
  const { TagSet = [] } = await asking(
    { operation: "GetObjectTagging", subject: "object" },
    s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId })),
  );
  return TagSet.map(({ Key: name = "", Value: value = "" }) => ({ name, value }));
}
