import { deflateRawSync } from "node:zlib";
import { StoreError } from "../core/store-error.ts";
import { parseIamPolicy } from "../iam/iam-policy.ts";
import type { Identity } from "../iam/identity.ts";
import type { StoreRole } from "../signing/access-keys.ts";
import { validationError } from "./sts-errors.ts";

/** These parameters narrow a session or ask more of the caller. Ignoring one would allow too much. */
export function assertSupportedParameters(parameters: URLSearchParams): void {
  for (const name of parameters.keys()) {
    if (/^(?:PolicyArns|ProvidedContexts|SerialNumber|TokenCode)\b/.test(name)) {
      throw validationError(`${name} is not supported by the embedded store.`);
    }
  }
}

export function nameParameter(
  parameters: URLSearchParams,
  name: "RoleSessionName" | "SourceIdentity",
): string | undefined {
  const value = parameters.get(name);
  if (value === null) return undefined;
  if (/^[A-Za-z0-9_+=,.@-]{2,64}$/.test(value)) return value;
  const member = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  throw validationError(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have a length of 2 to 64 and satisfy regular expression pattern: [\\w+=,.@-]*`,
  );
}

export function missing(member: string): never {
  throw validationError(
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}

const maxPolicyLength = 2048;

export function policyParameter(parameters: URLSearchParams): string | undefined {
  const policy = parameters.get("Policy");
  if (policy === null) return undefined;
  if (policy.length < 1 || policy.length > maxPolicyLength) {
    throw validationError(
      `1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to ${maxPolicyLength}`,
    );
  }
  if (!/^[\t\n\r\u{20}-\u{FF}]+$/u.test(policy)) {
    throw validationError(
      "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    );
  }
  parseIamPolicy(policy);
  return policy;
}

const defaultSessionSeconds = 3600;
const maxChainedSeconds = 3600;

export function durationParameter(
  parameters: URLSearchParams,
  role: StoreRole,
  identity: Identity,
  minSessionSeconds: number,
): number {
  const text = parameters.get("DurationSeconds");
  if (text === null) return Math.min(defaultSessionSeconds, role.maxSessionSeconds);
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds >= minSessionSeconds)) {
    throw validationError(
      `1 validation error detected: Value '${text}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to ${minSessionSeconds}`,
    );
  }
  if (identity.kind === "session" && seconds > maxChainedSeconds) {
    throw validationError(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
  }
  if (seconds > role.maxSessionSeconds) {
    throw validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return seconds;
}

/** The packed format of AWS is not published. Deflating the policy and the tags gives an estimate. */
const maxPackedBytes = 1024;

export function packedPolicyPercent(
  policy: string | undefined,
  tags: Readonly<Record<string, string>>,
): number | undefined {
  const entries = Object.entries(tags).flat();
  if (policy === undefined && entries.length === 0) return undefined;
  const packedBytes = deflateRawSync([policy ?? "", ...entries].join("\n")).length;
  const percent = Math.ceil((packedBytes / maxPackedBytes) * 100);
  if (percent <= 100) return percent;
  throw new StoreError(
    400,
    "PackedPolicyTooLarge",
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  );
}
