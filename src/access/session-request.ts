import { createHash } from "node:crypto";
import { partitionOf } from "../core/aws-names.ts";
import type { Buckets } from "../core/bucket-settings.ts";
import { ValetKeyError } from "../core/errors.ts";
import type { BucketName } from "../core/object-address.ts";
import { type Principal, principalKey, service } from "../core/principal.ts";
import type { AssumeRoleRequest, RoleToAssume } from "./assume-role.ts";
import type { Grant } from "./grants.ts";
import { type OwnSessionName, sessionName, sessionTags, sharedSessionName } from "./session-name.ts";
import {
  type PolicyPurpose,
  SessionPolicyTooLargeError,
  type SessionPurpose,
  sessionPolicy,
} from "./session-policy.ts";

/** The caller for whom a session is assumed. */
export interface SessionCaller {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
  /** For the server's own commands. Default: a name made of the principal. */
  readonly sessionName?: OwnSessionName | undefined;
}

/** The parameters of AssumeRole for one caller, and the key of the cached session. */
export interface SessionRequest extends AssumeRoleRequest {
  /** A hash of everything that distinguishes two sessions. */
  readonly key: string;
  /** Whether other callers with the same session policy use the session too. */
  readonly isShared: boolean;
}

export interface SessionRequestOptions {
  readonly role: RoleToAssume;
  /** Says which buckets belong to the role, so that the policy has only those, and their KMS keys. Default: all. */
  readonly buckets?: RoleBuckets | undefined;
  /** The subjects of this issuer become session names unchanged. */
  readonly trustedIssuer?: string | undefined;
  /** Sends `valetkey:sub` and `valetkey:iss`. The trust policy must allow sts:TagSession. */
  readonly sendSessionTags?: boolean | undefined;
  /** Sends the session name as SourceIdentity. The trust policy must allow sts:SetSourceIdentity. */
  readonly sendSourceIdentity?: boolean | undefined;
}

/** The buckets that are used with one role. */
export interface RoleBuckets extends Pick<Buckets, "of"> {
  includes(bucket: BucketName): boolean;
}

/** Creates the session requests of callers, and remembers them by principal object and purpose. */
export class SessionRequests {
  readonly #options: SessionRequestOptions;
  readonly #known = new WeakMap<Principal, KnownRequests>();

  constructor(options: SessionRequestOptions) {
    this.#options = options;
  }

  /** @throws {ValetKeyError} FORBIDDEN without any grant; CREDENTIALS_UNAVAILABLE if the grants do not fit into a session policy */
  of({ principal, grants, sessionName: ownName }: SessionCaller, purpose: SessionPurpose): SessionRequest {
    let known = this.#known.get(principal);
    if (known?.grants !== grants || known.ownName !== ownName) {
      known = { grants, ownName, requests: new Map() };
      this.#known.set(principal, known);
    }
    const request =
      known.requests.get(purpose) ??
      toSessionRequest({ principal, grants, sessionName: ownName }, purpose, this.#options);
    known.requests.set(purpose, request);
    return request;
  }
}

/**
 * @param durationSeconds the lifetime to request, if it is not that of the role
 * @throws {ValetKeyError} FORBIDDEN without any grant; CREDENTIALS_UNAVAILABLE if the grants do not fit into a session policy
 */
export function toSessionRequest(
  caller: SessionCaller,
  purpose: PolicyPurpose,
  options: SessionRequestOptions,
  durationSeconds?: number,
): SessionRequest {
  const { principal } = caller;
  const { role, buckets, trustedIssuer, sendSessionTags = false, sendSourceIdentity = false } = options;
  const grants =
    buckets === undefined ? caller.grants : caller.grants.filter(({ bucket }) => buckets.includes(bucket));
  const policy = policyOf(grants, { partition: partitionOf(role.arn), purpose, buckets });
  const isShared = maySharePolicy({ ...caller, grants }, purpose, options);
  const name = isShared
    ? sharedSessionName(policy)
    : (caller.sessionName ?? sessionName(principal, trustedIssuer));
  const request: AssumeRoleRequest = {
    sessionName: name,
    policy,
    durationSeconds,
    tags: sendSessionTags && principal.authenticated ? sessionTags(principal) : undefined,
    sourceIdentity: sendSourceIdentity ? name : undefined,
  };
  const identity = principal.authenticated && !isShared ? principalKey(principal) : null;
  const distinguishing = JSON.stringify([role.arn, role.externalId, role.sessionSeconds, identity, request]);
  return { ...request, isShared, key: createHash("sha256").update(distinguishing).digest("base64url") };
}

/**
 * Whether the caller uses a session together with all callers who have the same session policy. Sessions that carry
 * the caller's identity, or that are given to a client, belong to one caller.
 * docs/decisions/0056-sessions-of-equal-callers.md
 */
function maySharePolicy(
  { principal, grants, sessionName: ownName }: SessionCaller,
  purpose: PolicyPurpose,
  { sendSessionTags = false, sendSourceIdentity = false }: SessionRequestOptions,
): boolean {
  return (
    grants.every(({ shareSessions = false }) => shareSessions) &&
    principal.authenticated &&
    principal !== service &&
    ownName === undefined &&
    purpose !== "credentials" &&
    !sendSessionTags &&
    !sendSourceIdentity
  );
}

interface KnownRequests {
  readonly grants: readonly Grant[];
  readonly ownName: OwnSessionName | undefined;
  readonly requests: Map<SessionPurpose, SessionRequest>;
}

function policyOf(grants: readonly Grant[], options: Parameters<typeof sessionPolicy>[1]): string {
  try {
    const policy = sessionPolicy(grants, options);
    if (policy !== undefined) return policy;
  } catch (error) {
    if (!(error instanceof SessionPolicyTooLargeError)) throw error;
    throw new ValetKeyError(
      "CREDENTIALS_UNAVAILABLE",
      "The caller has more grants than fit into one session. The operator has to shorten the access file.",
      { retryable: false, cause: error },
    );
  }
  throw new ValetKeyError("FORBIDDEN", "You have no grants.");
}
