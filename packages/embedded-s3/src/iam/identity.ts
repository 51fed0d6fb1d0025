import type { IamPolicy } from "./iam-policy.ts";

/** The signer of a request. */
export type Identity = BaseIdentity | SessionIdentity;

/** The store's own long-lived keys, which are allowed everything, AssumeRole included. */
export interface BaseIdentity {
  readonly kind: "base";
  readonly arn: string;
  /** IAM's unique id of the user: AIDA… */
  readonly userId: string;
}

/** Temporary credentials from AssumeRole. They are allowed what the role's policy and the session policy both allow. */
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
