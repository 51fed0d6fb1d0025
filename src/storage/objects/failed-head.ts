import type { Readable } from "node:stream";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ValetKeyError } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import type { BucketProbe } from "./bucket-exists.ts";

/** Finds out why a HEAD failed. Its response has no body, so its status can have several meanings. */
export async function reasonOfFailedHead(
  s3: S3Client,
  address: ObjectAddress,
  isBucketThere: BucketProbe,
  cause: unknown,
): Promise<ValetKeyError> {
  const error = toStorageError(cause, { operation: "HeadObject", subject: "object" });
  const { region, bucket } = address;
  const { httpStatus } = describeFailure(cause);
  const isAmbiguous = httpStatus === 400 || httpStatus === 403 || httpStatus === 404;
  if (!isAmbiguous) return error;
  try {
    if (httpStatus !== 400 && !(await isBucketThere({ region, bucket })))
      return storageError("BUCKET_NOT_FOUND", { cause });
    return httpStatus === 404 ? error : await reasonOfFailedGet(s3, address);
  } catch (probeFailure) {
    return toStorageError(probeFailure, { operation: "HeadBucket", subject: "bucket" });
  }
}

/** Sends a GET, which fails like the HEAD but returns the reason. If it succeeds, it returns one byte. */
async function reasonOfFailedGet(s3: S3Client, address: ObjectAddress): Promise<ValetKeyError> {
  const { bucket, key, versionId } = address;
  try {
    const output = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, Range: "bytes=0-0" }),
    );
    (output.Body as Readable | undefined)?.destroy();
    return storageError("STORAGE_UNAVAILABLE");
  } catch (cause) {
    return reasonOfRefusedRead(cause, { operation: "GetObject", versionId });
  }
}

/** Converts the failure of a call about one object, if its response has a body with the reason. */
export function reasonOfRefusedRead(
  cause: unknown,
  { operation, versionId }: { readonly operation: string; readonly versionId: string | undefined },
): ValetKeyError {
  const { httpStatus, message } = describeFailure(cause);
  // Without s3:ListBucket, S3 does not tell that a key is missing. It then names that permission as the missing one.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  if (httpStatus === 403 && /\bs3:ListBucket(?:Versions)?\b/.test(message)) {
    return storageError("OBJECT_NOT_FOUND", { cause });
  }
  // The object is empty, so it has no first byte.
  if (httpStatus === 416) return storageError("STORAGE_UNAVAILABLE", { cause });
  return toStorageError(cause, { operation, subject: "object", versionId });
}
