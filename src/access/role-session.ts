/** What AssumeRole answered: credentials that stand for one caller until `expiresAt`. */
export interface RoleSession {
  readonly credentials: TemporaryCredentials;
  /** When the credentials die, on S3's clock. */
  readonly expiresAt: Date;
  /** RoleSessionName, as CloudTrail shows it. */
  readonly sessionName: string;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}
