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
import type { RoleSession } from "./role-session.ts";

export interface RoleToAssume {
  readonly arn: string;
  readonly externalId?: string | undefined;
  /** The lifetime to ask for. */
  readonly sessionSeconds: number;
}

/** What differs from caller to caller. */
export interface AssumeRoleRequest {
  readonly sessionName: string;
  readonly policy: string;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly sourceIdentity?: string | undefined;
}

/** @throws {AssumeRoleError} */
export type AssumeRole = (request: AssumeRoleRequest) => Promise<RoleSession>;

export type AssumeRoleFailure = "refused" | "throttled" | "timeout" | "error";

/** AssumeRole failed. `cause` is what the SDK threw, and holds ARNs and account numbers. */
export class AssumeRoleError extends Error {
  override readonly name = "AssumeRoleError";
  readonly failure: AssumeRoleFailure;
  /** STS's HTTP status, if it answered. */
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
  /** Undefined: AWS's own endpoint, or AWS_ENDPOINT_URL_STS. */
  readonly endpoint?: string | undefined;
  /** Undefined: AWS's default provider chain. */
  readonly credentials?: STSClientConfig["credentials"];
  readonly clock: SkewCorrectedClock;
  readonly metrics: Pick<Metrics, "assumeRole">;
  /** The SDK's attempts for one AssumeRole. */
  readonly maxAttempts?: number | undefined;
  readonly attemptTimeoutMs?: number | undefined;
  /** For all attempts and the pauses between them. */
  readonly timeoutMs?: number | undefined;
}

/**
 * STS's AssumeRole with an end: whatever STS does, the promise settles after `timeoutMs`.
 * Hold on to the result: it keeps connections alive until `close`.
 */
export function createAssumeRole(options: AssumeRoleOptions): AssumeRole & { close(): void } {
  const { role, clock, metrics, timeoutMs = 10_000 } = options;
  const client = createClient(options);

  const assumeRole = async (request: AssumeRoleRequest): Promise<RoleSession> => {
    const command = new AssumeRoleCommand({
      RoleArn: role.arn,
      RoleSessionName: request.sessionName,
      DurationSeconds: role.sessionSeconds,
      Policy: request.policy,
      ExternalId: role.externalId,
      SourceIdentity: request.sourceIdentity,
      Tags: request.tags && Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })),
    });
    try {
      const answer = await withDeadline(timeoutMs, (abortSignal) => client.send(command, { abortSignal }));
      const session = parseAnswer(answer, request.sessionName, clock.now());
      metrics.assumeRole.inc({ outcome: "ok" });
      return session;
    } catch (thrown) {
      const error = thrown instanceof AssumeRoleError ? thrown : classify(thrown);
      metrics.assumeRole.inc({ outcome: error.failure });
      throw error;
    }
  };
  return Object.assign(assumeRole, { close: () => client.destroy() });
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
      // Without it the SDK warns of a silent service and goes on waiting.
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
    // Nearest to the wire, where errors are answers like others.
    { name: "observeClockSkew", step: "deserialize", priority: "low" },
  );
  return client;
}

/** What AWS's own settings say of its endpoints and signatures is not meant for a store that they do not name. */
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
      reject(new AssumeRoleError("timeout", `STS did not answer within ${timeoutMs} ms.`));
      abort.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([call(abort.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function parseAnswer(answer: AssumeRoleCommandOutput, sessionName: string, nowMs: number): RoleSession {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
    throw new AssumeRoleError("error", "STS answered without credentials.");
  }
  const expiresAtMs = Expiration?.getTime() ?? Number.NaN;
  // Also false for an expiration that is no date.
  if (!(expiresAtMs > nowMs)) {
    throw new AssumeRoleError("error", "STS answered with credentials that have no life left.");
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

/** By name for AWS, by HTTP status for stores whose errors have other shapes. */
function classify(thrown: unknown): AssumeRoleError {
  const error = thrown instanceof Error ? thrown : new Error("not an Error", { cause: thrown });
  const { name, httpStatus: status, connectionCode = "" } = describeSdkFailure(error);
  if (throttlingNames.has(name) || status === 429) {
    return new AssumeRoleError("throttled", "STS throttles.", error, status);
  }
  // The SDK calls a connection that breaks a timeout too.
  const broken = /^(?:ECONNRESET|EPIPE)$/.test(connectionCode);
  if ((timeoutNames.has(name) && !broken) || status === 408) {
    return new AssumeRoleError("timeout", "STS did not answer in time.", error, status);
  }
  if (status !== undefined && status >= 400 && status < 500) {
    return new AssumeRoleError("refused", "STS refused AssumeRole.", error, status);
  }
  return new AssumeRoleError("error", "AssumeRole failed.", error, status);
}
