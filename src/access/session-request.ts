import { createHash } from "node:crypto";
import { ValetKeyError } from "../core/errors.ts";
import { type Principal, principalKey } from "../core/principal.ts";
import type { AssumeRoleRequest, RoleToAssume } from "./assume-role.ts";
import type { Grant } from "./grants.ts";
import { sessionName, sessionTags } from "./session-name.ts";
import { SessionPolicyTooLargeError, type SessionPurpose, sessionPolicy } from "./session-policy.ts";

export interface Caller {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
}

/** What a caller's role session is asked for with, and the key under which it is held. */
export interface SessionRequest extends AssumeRoleRequest {
  /** A hash: no two requests that differ in anything share it, and it tells nobody anything. */
  readonly key: string;
}

export interface SessionRequestOptions {
  readonly role: RoleToAssume;
  /** The one issuer whose subjects are session names as they are. */
  readonly trustedIssuer?: string | undefined;
  /** Sends `valetkey:sub` and `valetkey:iss`; the trust policy must allow sts:TagSession. */
  readonly sendSessionTags?: boolean | undefined;
  /** Sends the session name as SourceIdentity; the trust policy must allow sts:SetSourceIdentity. */
  readonly sendSourceIdentity?: boolean | undefined;
}

/** Makes the session requests of callers, once for each principal object and purpose. */
export class SessionRequests {
  readonly #options: SessionRequestOptions;
  readonly #partition: string;
  readonly #known = new WeakMap<Principal, { grants: readonly Grant[]; requests: RequestsByPurpose }>();

  constructor(options: SessionRequestOptions) {
    this.#options = options;
    this.#partition = options.role.arn.split(":")[1] ?? "aws";
  }

  /** @throws {ValetKeyError} FORBIDDEN without any grant; CREDENTIALS_UNAVAILABLE when they fill no session policy */
  of({ principal, grants }: Caller, purpose: SessionPurpose): SessionRequest {
    let known = this.#known.get(principal);
    if (known?.grants !== grants) {
      known = { grants, requests: new Map() };
      this.#known.set(principal, known);
    }
    const request = known.requests.get(purpose) ?? this.#make(principal, grants, purpose);
    known.requests.set(purpose, request);
    return request;
  }

  #make(principal: Principal, grants: readonly Grant[], purpose: SessionPurpose): SessionRequest {
    const { role, trustedIssuer, sendSessionTags = false, sendSourceIdentity = false } = this.#options;
    const policy = policyOf(grants, { partition: this.#partition, purpose });
    const name = sessionName(principal, trustedIssuer);
    const request: AssumeRoleRequest = {
      sessionName: name,
      policy,
      tags: sendSessionTags && principal.authenticated ? sessionTags(principal) : undefined,
      sourceIdentity: sendSourceIdentity ? name : undefined,
    };
    const identity = principal.authenticated ? principalKey(principal) : null;
    const distinguishing = JSON.stringify([
      role.arn,
      role.externalId,
      role.sessionSeconds,
      identity,
      request,
    ]);
    return { ...request, key: createHash("sha256").update(distinguishing).digest("base64url") };
  }
}

type RequestsByPurpose = Map<SessionPurpose, SessionRequest>;

function policyOf(grants: readonly Grant[], options: Parameters<typeof sessionPolicy>[1]): string {
  try {
    const policy = sessionPolicy(grants, options);
    if (policy !== undefined) return policy;
  } catch (error) {
    if (!(error instanceof SessionPolicyTooLargeError)) throw error;
    throw new ValetKeyError(
      "CREDENTIALS_UNAVAILABLE",
      "This caller's grants are too many for one session: the operator has to mend the grants file.",
      { retryable: false, cause: error },
    );
  }
  throw new ValetKeyError("FORBIDDEN", "No grant allows anything here.");
}
