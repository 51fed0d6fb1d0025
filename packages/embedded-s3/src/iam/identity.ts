import type { IamPolicy } from "./iam-policy.ts";

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
