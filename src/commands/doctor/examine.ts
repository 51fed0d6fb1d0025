import { pino } from "pino";
import { AssumeRoleError } from "../../access/assume-role.ts";
import { type Backend, openBackend } from "../../app/backend.ts";
import { ConfigError } from "../../app/config/config-error.ts";
import type { InitialAccess } from "../../app/initial-access.ts";
import { createMetrics } from "../../core/metrics.ts";
import type { BucketName } from "../../core/object-address.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";
import { type BucketUnderTest, bucketUnderTest, ofBucket } from "./bucket-under-test.ts";
import { checkBaseCredentials } from "./check-base-credentials.ts";
import { checkBucket } from "./check-bucket.ts";
import { checkBucketPolicy } from "./check-bucket-policy.ts";
import { checkClock } from "./check-clock.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { checkCors } from "./check-cors.ts";
import { checkEncryption } from "./check-encryption.ts";
import { checkLifecycle } from "./check-lifecycle.ts";
import { checkPublicAccess } from "./check-public-access.ts";
import { checkRedis } from "./check-redis.ts";
import { checkRole } from "./check-role.ts";
import { checkRoundTrip } from "./check-round-trip.ts";
import { type Callers, checkSessionPolicy } from "./check-session-policy.ts";
import { checkIssuers, checkToken } from "./check-tokens.ts";
import { checkVersioning } from "./check-versioning.ts";
import type { Findings } from "./finding.ts";
import { type RoleUnderTest, rolesUnderTest } from "./role-under-test.ts";

export interface ExamineOptions {
  /** A token of a caller, without `Bearer`. */
  readonly token?: string | undefined;
  /** When it aborts, the check in progress removes what it has stored, and the others are left out. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks a configuration against the real services, in the order in which the server needs them. What depends on
 * something that does not work is not checked.
 */
export async function* examine(
  environment: Readonly<Record<string, string | undefined>>,
  { token, signal }: ExamineOptions = {},
): Findings {
  const access = yield* checkConfiguration(environment);
  if (access === undefined) return;
  yield* checkIssuers(access);
  const ofToken = yield* checkToken(access, token);
  yield* checkRedis(access.config);
  const backend = yield* openStores(access);
  if (backend === undefined) return;
  try {
    const { buckets, config, grants } = access;
    const names = new Set<BucketName>([...grants.rules.map(({ bucket }) => bucket), ...buckets.all().keys()]);
    for (const role of rolesUnderTest([...names], buckets, config, backend)) {
      yield* checkBucketsOf(role, { rules: grants.rules, ofToken }, access, backend, signal);
    }
  } finally {
    await backend.close();
  }
}

async function* openStores({ config, buckets }: InitialAccess): Findings<Backend | undefined> {
  try {
    return await openBackend(config, buckets, createMetrics(), pino({ level: "silent" }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const mend =
      config.store.kind === "embedded"
        ? "stop the server that uses the same folder: the embedded store serves one process at a time."
        : undefined;
    yield { check: "store", verdict: "fault", saw: error.message, mend };
    return undefined;
  }
}

async function* checkBucketsOf(
  role: RoleUnderTest,
  callers: Callers,
  access: InitialAccess,
  backend: Backend,
  signal: AbortSignal | undefined,
): Findings {
  if (signal?.aborted || !(yield* checkBaseCredentials(role))) return;
  const works = yield* checkRole(role);
  yield* checkClock(role);
  yield* checkSessionPolicy(role, callers, access.buckets);
  if (!works) return;
  for (const name of role.buckets) yield* checkOneBucket(name, role, access, backend, signal);
}

async function* checkOneBucket(
  name: BucketName,
  role: RoleUnderTest,
  access: InitialAccess,
  backend: Backend,
  signal: AbortSignal | undefined,
): Findings {
  if (signal?.aborted) return;
  try {
    const bucket = await bucketUnderTest(name, role, access, backend, signal);
    try {
      yield* checkEverythingOf(bucket);
    } finally {
      bucket.close();
    }
  } catch (error) {
    // One bucket that behaves unexpectedly must not hide what is wrong with the others.
    const { name: type, message } = describeSdkFailure(
      error instanceof AssumeRoleError ? error.cause : error,
    );
    const saw = `A check failed: ${type}: ${message}`;
    yield ofBucket({ name }, "checks", "fault", saw, {
      mend: "look for what the store says in this message.",
    });
  }
}

async function* checkEverythingOf(bucket: BucketUnderTest): Findings {
  if (!(yield* checkBucket(bucket))) return;
  const checks = [
    checkPublicAccess,
    checkEncryption,
    checkBucketPolicy,
    checkCors,
    checkLifecycle,
    checkVersioning,
    checkRoundTrip,
  ];
  for (const check of checks) {
    if (bucket.signal?.aborted) return;
    yield* check(bucket);
  }
}
