import { reachBucket } from "../../storage/inspection/reach-bucket.ts";
import { type BucketUnderTest, ofBucket } from "./bucket-under-test.ts";
import type { Findings } from "./finding.ts";

const check = "reach";

/**
 * Whether the bucket exists, in the configured region, and belongs to the configured account.
 * @returns whether the other checks of the bucket make sense
 */
export async function* checkBucket(bucket: BucketUnderTest): Findings<boolean> {
  const { name, address, settings, access } = bucket;
  const reach = await reachBucket(bucket.s3, name);
  switch (reach.kind) {
    case "found": {
      const owned = settings.owner === undefined ? "" : `, and belongs to the account ${settings.owner}`;
      if (reach.region !== undefined && reach.region !== address.region) {
        yield inRegion(bucket, reach.region);
        return true;
      }
      yield ofBucket(bucket, check, "ok", `The bucket is in ${address.region}${owned}.`);
      return true;
    }
    case "elsewhere":
      yield inRegion(bucket, reach.region);
      return false;
    case "missing":
      yield ofBucket(bucket, check, "fault", "There is no such bucket.", {
        means: "Requests for it fail with BUCKET_NOT_FOUND.",
        mend: "create it, or correct its name in the access file.",
      });
      return false;
    case "unreachable":
      yield ofBucket(bucket, check, "fault", `The store does not respond: ${reach.reason}`, {
        mend: "check AWS_ENDPOINT_URL_S3 or the bucket's endpoint, forcePathStyle, DNS and the network's routes.",
      });
      return false;
    case "denied":
      break;
  }
  if (settings.owner !== undefined && (await reachBucket(bucket.s3WithoutOwner, name)).kind === "found") {
    yield ofBucket(bucket, check, "fault", `The bucket does not belong to the account ${settings.owner}.`, {
      means:
        "S3 refuses every request for it. If somebody else has taken the name over, that is what owner is for.",
      mend: "correct owner in the access file, or use another bucket.",
    });
    return false;
  }
  const isListed = access.grants.rules.some(
    (rule) => rule.bucket === name && (rule.actions as readonly string[]).includes("LIST"),
  );
  yield ofBucket(
    bucket,
    check,
    isListed ? "fault" : "unknown",
    "The role may not call s3:ListBucket on the bucket.",
    {
      means: isListed
        ? "A grant allows LIST, and S3 refuses it. A missing object is answered with FORBIDDEN instead of OBJECT_NOT_FOUND."
        : "A missing object is answered with FORBIDDEN instead of OBJECT_NOT_FOUND.",
      mend: `allow s3:ListBucket on arn:${bucket.role.partition}:s3:::${name} to ${bucket.role.arn}.`,
    },
  );
  return true;
}

function inRegion(bucket: BucketUnderTest, region = "another region") {
  return ofBucket(bucket, check, "fault", `The bucket is in ${region}, not in ${bucket.address.region}.`, {
    means: "Clients that name no region get URLs that S3 refuses, or wait for the region to be looked up.",
    mend: `set region: ${region} for the bucket in the access file.`,
  });
}
