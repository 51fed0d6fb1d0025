import { readVersioning } from "../../storage/inspection/bucket-configuration.ts";
import { type BucketUnderTest, ofBucket, unreadable } from "./bucket-under-test.ts";
import type { Findings } from "./finding.ts";

/** Whether the bucket keeps versions. Both is allowed. */
export async function* checkVersioning(bucket: BucketUnderTest): Findings {
  const reading = await readVersioning(bucket.s3, bucket.name);
  yield "unreadable" in reading
    ? unreadable(bucket, "versioning", reading.unreadable, "s3:GetBucketVersioning")
    : ofBucket(bucket, "versioning", "ok", `Versioning is ${reading.value.toLowerCase()}.`);
}
