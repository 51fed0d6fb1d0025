import type { LifecycleRule } from "@aws-sdk/client-s3";
import { readLifecycleRules } from "../../storage/inspection/bucket-configuration.ts";
import { type BucketUnderTest, ofBucket, unreadable } from "./bucket-under-test.ts";
import type { Findings } from "./finding.ts";

/** Whether the parts of uploads that were never completed are removed. */
export async function* checkLifecycle(bucket: BucketUnderTest): Findings {
  const check = "lifecycle";
  if (!bucket.rules.some(({ actions }) => (actions as readonly string[]).includes("UPLOAD"))) return;
  const reading = await readLifecycleRules(bucket.s3, bucket.name);
  if ("unreadable" in reading) {
    yield unreadable(bucket, check, reading.unreadable, "s3:GetLifecycleConfiguration");
    return;
  }
  const days = reading.value.flatMap((rule) => daysOf(rule) ?? []);
  yield days.length > 0
    ? ofBucket(bucket, check, "ok", `Incomplete uploads are removed after ${Math.min(...days)} days.`)
    : ofBucket(
        bucket,
        check,
        "warning",
        "No lifecycle rule for the whole bucket removes incomplete uploads.",
        {
          means: "The parts of uploads that were given up stay, invisible and paid for.",
          mend: 'add a rule with AbortIncompleteMultipartUpload (7 days), or run "valetkey sweep" regularly.',
        },
      );
}

/** Undefined for rules that do nothing for uploads, or only for some of the keys. */
function daysOf({
  Status,
  AbortIncompleteMultipartUpload,
  Filter,
  Prefix,
}: LifecycleRule): number | undefined {
  const covered = Filter?.Prefix ?? Prefix ?? "";
  const isPartial = covered !== "" || Filter?.And !== undefined || Filter?.Tag !== undefined;
  return Status === "Enabled" && !isPartial ? AbortIncompleteMultipartUpload?.DaysAfterInitiation : undefined;
}
