import { readBucketPolicy } from "../../storage/inspection/bucket-configuration.ts";
import { type BucketUnderTest, ofBucket, unreadable } from "./bucket-under-test.ts";
import type { Finding, Findings } from "./finding.ts";

const check = "policy";

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  /** By operator, then by key. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Looks for statements of the bucket's policy that refuse what the server sends. */
export async function* checkBucketPolicy(bucket: BucketUnderTest): Findings {
  const reading = await readBucketPolicy(bucket.s3, bucket.name);
  if ("unreadable" in reading) {
    yield unreadable(bucket, check, reading.unreadable, "s3:GetBucketPolicy");
    return;
  }
  if (reading.value === undefined) {
    yield ofBucket(bucket, check, "ok", "The bucket has no policy.");
    return;
  }
  const findings = statementsOf(reading.value).flatMap((statement) => conflictsOf(bucket, statement));
  if (findings.length === 0) {
    yield ofBucket(
      bucket,
      check,
      "ok",
      "The bucket's policy asks for nothing that the server does not send.",
    );
  }
  yield* findings;
}

function statementsOf(policy: string): readonly Statement[] {
  const { Statement = [] } = JSON.parse(policy) as { Statement?: Statement | readonly Statement[] };
  return Array.isArray(Statement) ? Statement : [Statement as Statement];
}

/** The conditions of a statement apply together, so one that is not met makes the whole statement irrelevant. */
function conflictsOf(bucket: BucketUnderTest, statement: Statement): Finding[] {
  if (statement.Effect !== "Deny") return [];
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({
      operator,
      key: key.toLowerCase(),
      values: [value].flat().map(String),
    })),
  );
  if (conditions.some((condition) => isMet(bucket, condition) === false)) return [];
  return conditions.flatMap((condition) => conflictOf(bucket, condition) ?? []);
}

const algorithmKey = "s3:x-amz-server-side-encryption";
const kmsKeyKey = "s3:x-amz-server-side-encryption-aws-kms-key-id";

/** Whether an upload of the server meets a condition about its encryption. Undefined for any other condition. */
function isMet({ settings }: BucketUnderTest, { operator, key, values }: Condition): boolean | undefined {
  if (key !== algorithmKey && key !== kmsKeyKey) return undefined;
  const asked = settings.kmsKey === undefined ? undefined : "aws:kms";
  const sent = key === algorithmKey ? asked : settings.kmsKey;
  if (operator === "Null") return values.includes(String(sent === undefined));
  // A header that is not sent differs from every value.
  return /NotEquals/.test(operator) ? sent === undefined || !values.includes(sent) : undefined;
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

function conflictOf(bucket: BucketUnderTest, { operator, key, values }: Condition): Finding | undefined {
  const { settings, access, backend, address } = bucket;
  const fault = (saw: string, mend: string) =>
    ofBucket(bucket, check, "fault", saw, { means: "S3 refuses what the server signs or sends.", mend });
  if (key === "aws:securetransport" && values.includes("false")) {
    const endpoints = [backend.endpoints.resolve(address.region, bucket.name).origin];
    return endpoints.some((origin) => origin.startsWith("http:"))
      ? fault(
          `The policy refuses requests without TLS, and the endpoint is ${endpoints[0]}.`,
          "use an endpoint with https.",
        )
      : undefined;
  }
  if (key === "s3:signatureage") {
    const seconds = Math.min(...values.map(Number)) / 1000;
    return seconds < access.config.sessionSeconds
      ? ofBucket(bucket, check, "warning", `The policy refuses signatures older than ${seconds} s.`, {
          means: "URLs that live longer stop working before their expiresAt.",
          mend: `set maxExpiresSeconds: ${seconds} in the grants of this bucket.`,
        })
      : undefined;
  }
  if (!isMet(bucket, { operator, key, values })) return undefined;
  if (key === kmsKeyKey && operator !== "Null") {
    return fault(
      `The policy refuses uploads that do not ask for the key ${values.join(" or ")}.`,
      `set kmsKey: ${values[0]} for the bucket in the access file.`,
    );
  }
  return settings.kmsKey === undefined
    ? fault(
        "The policy refuses uploads that do not name their encryption.",
        "set kmsKey for the bucket in the access file, or rely on the bucket's default encryption and remove the statement.",
      )
    : fault(
        "The policy refuses uploads that ask for encryption with a KMS key.",
        "remove kmsKey of the bucket from the access file, or the statement from the policy.",
      );
}
