import type { CORSRule } from "@aws-sdk/client-s3";
import { readCorsRules } from "../../storage/inspection/bucket-configuration.ts";
import { type BucketUnderTest, ofBucket, unreadable } from "./bucket-under-test.ts";
import type { Findings } from "./finding.ts";

/** What pages send and read: docs/guides/cors.md. */
const uploadHeaders = ["content-type", "x-amz-meta-any", "x-amz-checksum-crc64nvme", "if-none-match"];
const exposedHeaders = ["ETag"];

/** Whether pages of the allowed origins can upload to the bucket and download from it. */
export async function* checkCors(bucket: BucketUnderTest): Findings {
  const check = "cors";
  const { origins } = bucket.access.config;
  if (origins.length === 0) {
    yield ofBucket(
      bucket,
      check,
      "ok",
      "VALETKEY_ORIGINS is empty, so no pages of other origins are expected.",
    );
    return;
  }
  const reading = await readCorsRules(bucket.s3, bucket.name);
  if ("unreadable" in reading) {
    yield unreadable(bucket, check, reading.unreadable, "s3:GetBucketCORS");
    return;
  }
  const required = methodsOf(bucket, "PUT");
  const lacking = origins.filter((origin) => !allowAll(reading.value, origin, required));
  if (lacking.length > 0) {
    const saw = `No CORS rule lets pages of ${lacking.join(", ")} use ${required.join(", ")} with the headers that uploads send.`;
    const means = "Browsers block the requests: fetch fails without a status.";
    yield ofBucket(bucket, check, "fault", saw, {
      means,
      mend: addRule(lacking, methodsOf(bucket, "PUT", "POST")),
    });
    return;
  }
  const everything = methodsOf(bucket, "PUT", "POST");
  const partial = origins.filter((origin) => !allowAll(reading.value, origin, everything, exposedHeaders));
  if (partial.length > 0) {
    const saw = `The CORS rules do not let pages of ${partial.join(", ")} send forms (POST) or read the header ETag.`;
    const means = "Forms are blocked, or the client cannot complete an upload with the ETags of its parts.";
    yield ofBucket(bucket, check, "warning", saw, { means, mend: addRule(partial, everything) });
    return;
  }
  yield ofBucket(bucket, check, "ok", `Pages of ${origins.join(", ")} may use ${everything.join(", ")}.`);
}

/** Only what the bucket's grants allow. */
function methodsOf({ rules }: BucketUnderTest, ...uploads: readonly string[]): string[] {
  const actions = new Set<string>(rules.flatMap((rule) => rule.actions));
  return [...(actions.has("DOWNLOAD") ? ["GET"] : []), ...(actions.has("UPLOAD") ? uploads : [])];
}

function addRule(origins: readonly string[], methods: readonly string[]): string {
  return `add this rule:\n${JSON.stringify(ruleFor(origins, methods), null, 2)}`;
}

function ruleFor(origins: readonly string[], methods: readonly string[]): CORSRule {
  return {
    AllowedOrigins: [...origins],
    AllowedMethods: [...methods],
    AllowedHeaders: ["*"],
    ExposeHeaders: exposedHeaders,
    MaxAgeSeconds: 3600,
  };
}

function allowAll(
  rules: readonly CORSRule[],
  origin: string,
  methods: readonly string[],
  exposed: readonly string[] = [],
): boolean {
  return methods.every((method) =>
    rules.some(
      (rule) =>
        (rule.AllowedOrigins ?? []).some((pattern) => matches(pattern, origin)) &&
        (rule.AllowedMethods ?? []).includes(method) &&
        (method === "GET" || containsAll(rule.AllowedHeaders, uploadHeaders)) &&
        (method !== "PUT" || containsAll(rule.ExposeHeaders, exposed)),
    ),
  );
}

/** Names of headers do not depend on their case. */
function containsAll(patterns: readonly string[] = [], names: readonly string[]): boolean {
  return names.every((name) =>
    patterns.some((pattern) => matches(pattern.toLowerCase(), name.toLowerCase())),
  );
}

/** A pattern of CORS rules has at most one asterisk. */
function matches(pattern: string, text: string): boolean {
  const [start = "", end] = pattern.split("*", 2);
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
