import type { IamPolicy } from "../iam/iam-policy.ts";

/** Whoever signed a request to the embedded store. */
export type Identity = BaseIdentity | SessionIdentity;

/** The store's own long-lived keys: may do everything, AssumeRole included. */
export interface BaseIdentity {
  readonly kind: "base";
  readonly arn: string;
  /** IAM's unique id of the user: AIDA… */
  readonly userId: string;
}

/** Temporary credentials out of AssumeRole: the role's policy and the session policy both have to allow. */
export interface SessionIdentity {
  readonly kind: "session";
  /** arn:aws:sts::000000000000:assumed-role/ROLE/SESSION */
  readonly arn: string;
  /** AROA…:SESSION */
  readonly userId: string;
  readonly expiresAt: Date;
  readonly rolePolicy: IamPolicy;
  readonly sessionPolicy: IamPolicy | undefined;
  /** Session tags, for `aws:PrincipalTag/…`. */
  readonly tags: Readonly<Record<string, string>>;
  readonly sourceIdentity?: string | undefined;
}

/** The parts of an HTTP request that a signature covers, as they came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Still percent-encoded, without "?". */
  readonly query: string;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
}
