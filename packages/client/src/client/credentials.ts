import type { Transport } from "../core/transport.ts";
import { requestCredentialsOperation } from "../generated/strings.ts";

export interface CredentialsOptions {
  bucket: string;
  /** The credentials are for keys that start with this prefix. Default: the whole bucket. */
  prefix?: string | undefined;
  region?: string | undefined;
  /** What the credentials allow. */
  actions: readonly ("DOWNLOAD" | "UPLOAD" | "LIST" | "DELETE")[];
  /** How long the credentials are valid. Default: 900. */
  durationSeconds?: number | undefined;
}

/** Credentials for clients that speak S3 themselves, and where such a client finds the bucket. */
export interface TemporaryCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAt: Date;
  bucket: string;
  prefix: string;
  region: string;
  /** Undefined: AWS's own endpoint of the region. */
  endpoint: string | undefined;
  forcePathStyle: boolean;
}

/** What the AWS SDK's clients take as `credentials`. */
export type CredentialProvider = () => Promise<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}>;

/** @throws {ValetKeyError} FORBIDDEN, BAD_USER_INPUT, CREDENTIALS_UNAVAILABLE, … */
export async function requestCredentials(
  transport: Transport,
  options: CredentialsOptions,
): Promise<TemporaryCredentials> {
  const { requestCredentials } = await transport.request(requestCredentialsOperation, {
    ...options,
    actions: [...options.actions],
  });
  return requestCredentials;
}

/** The AWS SDK calls the provider again before the credentials expire. */
export function credentialProvider(request: () => Promise<TemporaryCredentials>): CredentialProvider {
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = await request();
    return { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt };
  };
}
