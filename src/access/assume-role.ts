import {
  AssumeRoleCommand,
  type AssumeRoleCommandOutput,
  STSClient,
  type STSClientConfig,
} from "@aws-sdk/client-sts";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { SkewCorrectedClock } from "../core/clock.ts";
import type { Metrics } from "../core/metrics.ts";
import { describeSdkFailure } from "../core/sdk-failure.ts";
import { inAwsSpan, type SpanError } from "../core/tracing.ts";
import type { RoleSession } from "./role-session.ts";

export interface RoleToAssume {
  readonly arn: string;
  readonly externalId?: string | undefined;
  /** The lifetime to request. */
  readonly sessionSeconds: number;
}

/** The parameters that depend on the caller. */
export interface AssumeRoleRequest {
  readonly sessionName: string;
  readonly policy: string;
  /** The lifetime to request. Default: that of the role. */
  readonly durationSeconds?: number | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly sourceIdentity?: string | undefined;
}

/** @throws {AssumeRoleError} */
export type AssumeRole = (request: AssumeRoleRequest) => Promise<RoleSession>;

export type AssumeRoleFailure = "refused" | "throttled" | "timeout" | "error";

/** AssumeRole failed. `cause` is what the SDK threw. It contains ARNs and account numbers. */
export class AssumeRoleError extends Error {
  override readonly name = "AssumeRoleError";
  readonly failure: AssumeRoleFailure;
  /** The HTTP status, if STS responded. */
  readonly status: number | undefined;

  constructor(failure: AssumeRoleFailure, message: string, cause?: unknown, status?: number) {
    super(message, { cause });
    this.failure = failure;
    this.status = status;
  }
}

export interface AssumeRoleOptions {
  readonly role: RoleToAssume;
  readonly region: string;
  /** Default: AWS's own endpoint, or AWS_ENDPOINT_URL_STS. */
  readonly endpoint?: string | undefined;
  /** Default: AWS's provider chain. */
  readonly credentials?: STSClientConfig["credentials"];
  readonly clock: SkewCorrectedClock;
  readonly metrics: Pick<Metrics, "assumeRole" | "assumeRoleDuration">;
  /** How often the SDK tries one AssumeRole. */
  readonly maxAttempts?: number | undefined;
  readonly attemptTimeoutMs?: number | undefined;
  /** For all attempts and the pauses between them. */
  readonly timeoutMs?: number | undefined;
}

/**
 * AssumeRole with a timeout: whatever STS does, the promise settles after `timeoutMs`. The function that is
 * returned keeps connections open until it is closed.
 */
export function createAssumeRole(options: AssumeRoleOptions): AssumeRole & { close(): void } {
  const { role, clock, metrics, timeoutMs = 10_000 } = options;
  const client = createClient(options);

  const assumeRole = (request: AssumeRoleRequest): Promise<RoleSession> =>
    inAwsSpan("STS", "AssumeRole", toSpanError, async () => {
      const command = new AssumeRoleCommand({
        RoleArn: role.arn,
        RoleSessionName: request.sessionName,
        DurationSeconds: request.durationSeconds ?? role.sessionSeconds,
        Policy: request.policy,
        ExternalId: role.externalId,
        SourceIdentity: request.sourceIdentity,
        Tags: request.tags && Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })),
      });
      const startedAtMs = performance.now();
      const observe = (outcome: "ok" | AssumeRoleFailure) => {
        metrics.assumeRole.inc({ outcome });
        metrics.assumeRoleDuration.observe({ outcome }, (performance.now() - startedAtMs) / 1000);
      };
      try {
        const output = await withDeadline(timeoutMs, (abortSignal) => client.send(command, { abortSignal }));
        const session = parseOutput(output, request.sessionName, clock.now());
        observe("ok");
        return session;
      } catch (thrown) {
        const error = thrown instanceof AssumeRoleError ? thrown : classify(thrown);
        observe(error.failure);
        throw error;
      }
    });
  return Object.assign(assumeRole, { close: () => client.destroy() });
}

/** Also a refusal is a fault of the configuration, and not of the caller. */
function toSpanError(error: unknown): SpanError {
  const { failure, status } = error as AssumeRoleError;
  return { type: failure, isFault: true, httpStatus: status };
}

function createClient(options: AssumeRoleOptions): STSClient {
  const { clock, attemptTimeoutMs = 4_000 } = options;
  const client = new STSClient({
    region: options.region,
    maxAttempts: options.maxAttempts ?? 2,
    ...(options.endpoint === undefined ? {} : settingsFor(options.endpoint)),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: attemptTimeoutMs,
      requestTimeout: attemptTimeoutMs,
      // Without it, the SDK only logs a warning and continues to wait.
      throwOnRequestTimeout: true,
    }),
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentAtMs = clock.machine();
      const result = await next(args);
      clock.observe(dateHeaderOf(result.response), sentAtMs, clock.machine());
      return result;
    },
    // At the step closest to the network, because the others do not see error responses.
    { name: "observeClockSkew", step: "deserialize", priority: "low" },
  );
  return client;
}

/** With another endpoint than AWS's, AWS's own settings for endpoints and signatures are ignored. */
function settingsFor(endpoint: string): STSClientConfig {
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false, authSchemePreference: [] };
}

function dateHeaderOf(response: unknown): string | undefined {
  return (response as { headers?: Record<string, string> } | undefined)?.headers?.date;
}

async function withDeadline<Result>(
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AssumeRoleError("timeout", `STS did not respond within ${timeoutMs} ms.`));
      abort.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([call(abort.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function parseOutput(output: AssumeRoleCommandOutput, sessionName: string, nowMs: number): RoleSession {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = output.Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
    throw new AssumeRoleError("error", "The response of STS has no credentials.");
  }
  const expiresAtMs = Expiration?.getTime() ?? Number.NaN;
  // Also false for an invalid date.
  if (!(expiresAtMs > nowMs)) {
    throw new AssumeRoleError("error", "The credentials of STS have already expired.");
  }
  return {
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    expiresAt: new Date(expiresAtMs),
    sessionName,
  };
}

const throttlingNames = new Set([
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  "SlowDown",
]);
const timeoutNames = new Set(["TimeoutError", "RequestTimeout", "RequestTimeoutException", "AbortError"]);

/** By name for AWS, and by HTTP status for stores with other error formats. */
function classify(thrown: unknown): AssumeRoleError {
  const error = thrown instanceof Error ? thrown : new Error("not an Error", { cause: thrown });
  const { name, httpStatus: status, connectionCode = "" } = describeSdkFailure(error);
  if (throttlingNames.has(name) || status === 429) {
    return new AssumeRoleError("throttled", "STS throttles the requests.", error, status);
  }
  // The SDK reports a broken connection as a timeout, too.
  const broken = /^(?:ECONNRESET|EPIPE)$/.test(connectionCode);
  if ((timeoutNames.has(name) && !broken) || status === 408) {
    return new AssumeRoleError("timeout", "STS did not respond in time.", error, status);
  }
  if (status !== undefined && status >= 400 && status < 500) {
    return new AssumeRoleError("refused", "STS refused AssumeRole.", error, status);
  }
  return new AssumeRoleError("error", "AssumeRole failed.", error, status);
}
