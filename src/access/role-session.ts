/** The result of AssumeRole: credentials of one caller, valid until `expiresAt`. */
export interface RoleSession {
  readonly credentials: TemporaryCredentials;
  /** When the credentials expire, by AWS's clock. */
  readonly expiresAt: Date;
  /** RoleSessionName, as CloudTrail shows it. */
  readonly sessionName: string;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}
