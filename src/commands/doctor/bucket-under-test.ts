import type { S3Client } from "@aws-sdk/client-s3";
import type { GrantRule } from "../../access/grants.ts";
import type { Backend } from "../../app/backend.ts";
import type { InitialAccess } from "../../app/initial-access.ts";
import type { BucketSettings } from "../../core/bucket-settings.ts";
import { createMetrics } from "../../core/metrics.ts";
import type { BucketAddress, BucketName } from "../../core/object-address.ts";
import { S3Clients } from "../../storage/calls/s3-clients.ts";
import { configurationActions } from "../../storage/inspection/bucket-configuration.ts";
import type { Finding, Verdict } from "./finding.ts";
import type { RoleUnderTest } from "./role-under-test.ts";

/** A bucket, and a session of its role that may read its configuration. */
export interface BucketUnderTest {
  readonly name: BucketName;
  readonly address: BucketAddress;
  readonly settings: BucketSettings;
  readonly role: RoleUnderTest;
  readonly access: InitialAccess;
  readonly backend: Backend;
  /** The rules that grant something in the bucket. */
  readonly rules: readonly GrantRule[];
  readonly s3: S3Client;
  /** The same, without the header that names the expected owner. */
  readonly s3WithoutOwner: S3Client;
  /** Aborts when the doctor is interrupted. */
  readonly signal: AbortSignal | undefined;
}

export async function bucketUnderTest(
  name: BucketName,
  role: RoleUnderTest,
  access: InitialAccess,
  backend: Backend,
  signal?: AbortSignal,
): Promise<BucketUnderTest & { close(): void }> {
  const { buckets, config, grants } = access;
  const settings = buckets.of(name);
  const address = { bucket: name, region: settings.region ?? config.regions.default };
  const Resource = `arn:${role.partition}:s3:::${name}`;
  const session = await role.assume(
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: configurationActions, Resource }],
    }),
  );
  const { endpoints } = backend;
  const anyOwner = new S3Clients({ endpoints, buckets: { of: () => ({}) }, metrics: createMetrics() });
  return {
    ...{ name, address, settings, role, access, backend, signal },
    rules: grants.rules.filter(({ bucket }) => bucket === name),
    s3: backend.s3Clients.for(session, address),
    s3WithoutOwner: anyOwner.for(session, address),
    close: () => anyOwner.close(),
  };
}

/** A finding of a check of this bucket. */
export function ofBucket(
  { name }: Pick<BucketUnderTest, "name">,
  check: string,
  verdict: Verdict,
  saw: string,
  more: Pick<Finding, "means" | "mend"> = {},
): Finding {
  return { check: `bucket.${check}`, subject: name, verdict, saw, ...more };
}

/** For a configuration that the session may not read, or that the store does not have. */
export function unreadable(
  bucket: Pick<BucketUnderTest, "name" | "role">,
  check: string,
  reason: "denied" | "unsupported",
  action: string,
): Finding {
  return reason === "unsupported"
    ? ofBucket(bucket, check, "unknown", "This store does not have it.")
    : ofBucket(bucket, check, "unknown", `The role may not call ${action}.`, {
        mend: `allow ${action} to ${bucket.role.arn} if the doctor is to look. The server does not need it.`,
      });
}
