import { S3Client } from "@aws-sdk/client-s3";
import type { Action } from "../../src/access/grants.ts";
import type { GraphQLClient } from "./graphql-client.ts";

export interface CredentialsArguments {
  readonly bucket: string;
  readonly prefix?: string;
  readonly region?: string;
  readonly actions: readonly Action[];
  readonly durationSeconds?: number | null;
}

export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
}

const mutation = `
  mutation ($bucket: String!, $prefix: String, $region: String, $actions: [Action!]!, $durationSeconds: Int) {
    requestCredentials(
      bucket: $bucket, prefix: $prefix, region: $region, actions: $actions, durationSeconds: $durationSeconds
    ) {
      accessKeyId secretAccessKey sessionToken expiresAt bucket prefix region endpoint forcePathStyle
    }
  }`;

export async function requestCredentials(
  client: GraphQLClient,
  request: CredentialsArguments,
): Promise<IssuedCredentials> {
  const data = await client.data<{ requestCredentials: IssuedCredentials }>(mutation, { ...request });
  return data.requestCredentials;
}

/** A client as its user would configure it: from the response alone. It ends with the scope of `await using`. */
export function s3ClientWith(issued: IssuedCredentials): S3Client & AsyncDisposable {
  const { accessKeyId, secretAccessKey, sessionToken, region, endpoint, forcePathStyle } = issued;
  const s3 = new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    maxAttempts: 1,
  });
  return Object.assign(s3, { [Symbol.asyncDispose]: async () => s3.destroy() });
}
