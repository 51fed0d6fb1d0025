import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateMultipartUploadCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { onTestFinished } from "vitest";
import { type EmbeddedS3, type EmbeddedS3Options, type RequestEntry, startEmbeddedS3 } from "../src/index.ts";

export const bucket = "demo";

export interface RunningStore extends EmbeddedS3 {
  readonly directory: string;
  /** A client with the store's own keys. */
  readonly s3: S3Client;
  readonly sts: STSClient;
  readonly requests: RequestEntry[];
  client(config?: S3ClientConfig): S3Client;
  /** Begins a multipart upload and returns its id. */
  beginUpload(key: string): Promise<string>;
  /** A client in a role session with this policy. Default: of the role that is allowed everything. */
  session(policy?: object, roleArn?: string): Promise<S3Client>;
}

/** Starts a store on a free port, which is closed when the test has finished. */
export async function runningStore(options: Partial<EmbeddedS3Options> = {}): Promise<RunningStore> {
  const directory = options.directory ?? (await temporaryDirectory());
  const requests: RequestEntry[] = [];
  const store = await startEmbeddedS3({
    onRequest: (entry) => requests.push(entry),
    ...options,
    directory,
  });
  const { endpoint, region, credentials, roleArn } = store;
  const clients: { destroy(): void }[] = [];
  const client = (config: S3ClientConfig = {}): S3Client => {
    const made = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
      ...config,
    });
    clients.push(made);
    return made;
  };
  const sts = new STSClient({ endpoint, region, credentials, maxAttempts: 1 });
  clients.push(sts);
  const session = async (policy?: object, RoleArn = roleArn): Promise<S3Client> => {
    const command = new AssumeRoleCommand({
      RoleArn,
      RoleSessionName: "tests",
      Policy: policy && JSON.stringify(policy),
    });
    const { Credentials: issued } = await sts.send(command);
    return client({
      credentials: {
        accessKeyId: issued?.AccessKeyId ?? "",
        secretAccessKey: issued?.SecretAccessKey ?? "",
        sessionToken: issued?.SessionToken ?? "",
      },
    });
  };
  onTestFinished(async () => {
    for (const made of clients) made.destroy();
    await store.close();
  });
  const s3 = client();
  const beginUpload = async (Key: string) =>
    (await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))).UploadId ?? "";
  return { ...store, directory, s3, sts, requests, client, beginUpload, session };
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "embedded-store-"));
  onTestFinished(async () => await rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The AWS error code and HTTP status with which a request of the SDK is refused. */
export async function refusal(
  promise: Promise<unknown>,
): Promise<{ name: string; status: number | undefined }> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name: error.name, status: $metadata?.httpStatusCode };
  }
  throw new Error("It was not refused.");
}

/** A session policy that allows these actions, by default on every resource. */
export function allowing(
  actions: readonly string[],
  resources: readonly string[] = ["*"],
  condition?: object,
) {
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: actions, Resource: resources, ...(condition && { Condition: condition }) },
    ],
  };
}
