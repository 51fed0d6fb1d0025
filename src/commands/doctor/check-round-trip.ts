import { randomUUID } from "node:crypto";
import type { Grant } from "../../access/grants.ts";
import { sessionPolicy } from "../../access/session-policy.ts";
import type { CdnSettings } from "../../core/bucket-settings.ts";
import { createMetrics } from "../../core/metrics.ts";
import { parseNewObjectKey } from "../../core/object-address.ts";
import { CloudFrontSigner } from "../../storage/cdn/cloudfront-signer.ts";
import { cloudFrontResource } from "../../storage/cdn/cloudfront-url.ts";
import {
  equalsSdkUrl,
  makeRoundTrip,
  type RoundTrip,
  type Step,
} from "../../storage/inspection/round-trip.ts";
import { Presigner } from "../../storage/signing/presigner.ts";
import { type BucketUnderTest, ofBucket } from "./bucket-under-test.ts";
import type { Finding, Findings } from "./finding.ts";
import { doctorName } from "./role-under-test.ts";

const check = "round trip";

/**
 * Stores, reads and deletes a scratch object as a caller would, with a session that is as narrow as a caller's. It lies
 * below the prefix of a grant that allows UPLOAD, because the role may be allowed no other place.
 */
export async function* checkRoundTrip(bucket: BucketUnderTest): Findings {
  const place = bucket.rules.find(({ actions }) => actions.includes("UPLOAD"));
  if (place === undefined) {
    yield ofBucket(bucket, check, "ok", "No grant allows UPLOAD here, so nothing is stored.");
    return;
  }
  const filled = place.prefix.map((piece) => (typeof piece === "string" ? piece : doctorName)).join("");
  const prefix = `${filled}.${doctorName}-${randomUUID()}`;
  const trip = await prepare(bucket, prefix);
  const { steps, leftBehind, kmsKey } = await makeRoundTrip(trip);
  const failed = steps.filter(({ failure }) => failure !== undefined);
  yield* failed.map((step) => refused(bucket, step, prefix));
  if (failed.length === 0 && !bucket.signal?.aborted) {
    const names = steps.map(({ name }) => name).join(", ");
    const key = kmsKey === undefined ? "" : ` The object was encrypted with ${kmsKey}.`;
    yield ofBucket(bucket, check, "ok", `${names}: all work.${key}`);
  }
  for (const left of leftBehind) {
    const mend =
      "allow s3:DeleteObject, s3:DeleteObjectVersion and s3:AbortMultipartUpload, and remove it by hand.";
    yield ofBucket(bucket, check, "fault", `The doctor could not remove ${left}.`, { mend });
  }
  if (bucket.signal?.aborted) return;
  yield (await equalsSdkUrl(trip))
    ? ofBucket(
        bucket,
        "signature",
        "ok",
        "The server's presigned URL is the one of @aws-sdk/s3-request-presigner, byte for byte.",
      )
    : ofBucket(
        bucket,
        "signature",
        "warning",
        "The server's presigned URL differs from the one of @aws-sdk/s3-request-presigner.",
        {
          means: "If the round trip works, the store accepts it nevertheless.",
          mend: "compare AWS's settings for endpoints (AWS_USE_DUALSTACK_ENDPOINT, AWS_USE_FIPS_ENDPOINT, AWS_ENDPOINT_URL_S3) with the access file, and report it.",
        },
      );
}

async function prepare(bucket: BucketUnderTest, prefix: string): Promise<RoundTrip> {
  const { name, address, settings, role, access, backend } = bucket;
  const grants: readonly Grant[] = [{ bucket: name, prefix, actions: ["DOWNLOAD", "UPLOAD", "DELETE"] }];
  const policy = sessionPolicy(grants, { partition: role.partition, buckets: access.buckets });
  const session = await role.assume(policy ?? "");
  const { endpoints } = backend;
  const { cdn } = settings;
  const object = { ...address, key: parseNewObjectKey(prefix) };
  const now = () => new Date(role.clock.now());
  const signCdnUrl = async (known: CdnSettings) => {
    const resource = cloudFrontResource(known, object);
    return (
      await new CloudFrontSigner().sign({ resource, cdn: known, signedAt: now(), expiresInSeconds: 300 })
    ).url;
  };
  return {
    address: object,
    session,
    s3: backend.s3Clients.for(session, address),
    presigner: new Presigner({ endpoints, metrics: createMetrics() }),
    endpoints,
    accelerate: settings.accelerate ?? false,
    terms: { storageClass: settings.storageClass, kmsKey: settings.kmsKey },
    now,
    signCdnUrl: cdn && (() => signCdnUrl(cdn)),
    signal: bucket.signal,
  };
}

function refused(bucket: BucketUnderTest, { name, failure = "" }: Step, prefix: string): Finding {
  return ofBucket(bucket, check, "fault", `${name} of ${prefix}: ${failure}`, {
    means: "Callers with these grants get the same.",
    mend: mendOf(bucket, name, failure),
  });
}

const cdnStep = "GET through the CDN";

const iamActions: Readonly<Record<string, string>> = {
  "PUT with a presigned URL": "s3:PutObject",
  "GET with a presigned URL": "s3:GetObject",
  HEAD: "s3:GetObject",
  DELETE: "s3:DeleteObject (and s3:DeleteObjectVersion in a bucket with versioning)",
  CreateMultipartUpload: "s3:PutObject",
  "PUT of a part with a presigned URL": "s3:PutObject",
  ListParts: "s3:ListMultipartUploadParts",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
};

function mendOf({ name: bucket, settings, role }: BucketUnderTest, step: string, failure: string): string {
  if (/SignatureDoesNotMatch/.test(failure)) {
    return "a proxy in front of the store changes the Host header, the path or a header: signatures cover them. Pass requests on unchanged.";
  }
  if (/RequestTimeTooSkewed|RequestExpired|not yet valid/.test(failure))
    return "set the clocks of this machine and of the store (NTP).";
  if (step !== cdnStep && /AccessDenied|^403/.test(failure)) {
    const kms =
      settings.kmsKey === undefined
        ? "If the bucket is encrypted with a KMS key, set kmsKey in the access file."
        : `Also allow kms:GenerateDataKey and kms:Decrypt on ${settings.kmsKey}, to the role and in the key's policy.`;
    return `allow ${iamActions[step] ?? "the action"} on arn:${role.partition}:s3:::${bucket}/* to ${role.arn}, and look for a Deny in the bucket's policy. ${kms}`;
  }
  if (step === cdnStep) {
    return "check that the key group of the distribution has the public key of keyPairId, that privateKeyFile belongs to it, and that the distribution may read the bucket (origin access control): docs/guides/cloudfront.md.";
  }
  if (/^\d/.test(failure)) return "S3's message says what it refuses.";
  return "clients have to reach the store at the address of presigned URLs: check VALETKEY_PUBLIC_ENDPOINT_URL or publicEndpoint, DNS, TLS and routes.";
}
