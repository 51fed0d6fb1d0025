import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Buckets } from "./buckets/buckets.ts";
import { BlobFiles } from "./disk/blob-files.ts";
import { type DataDirectory, openDataDirectory } from "./disk/data-directory.ts";
import { createStoreServer, type RequestEntry } from "./http/store-server.ts";
import { parseIamPolicy } from "./iam/iam-policy.ts";
import { AccessKeys, type StoreRole } from "./signing/access-keys.ts";
import { blaming } from "./store-start-error.ts";

export type { RequestEntry } from "./http/store-server.ts";
export type { StoreRole } from "./signing/access-keys.ts";
export { StoreStartError } from "./store-start-error.ts";

export interface EmbeddedStoreOptions {
  /** Made if it is not there. One store at a time. */
  readonly directory: string;
  /** On 127.0.0.1; 0: any free one. */
  readonly port: number;
  /** The shortest session that AssumeRole gives. Default: 900, as AWS. */
  readonly minSessionSeconds?: number | undefined;
  /** The longest session of the default role. Default: 43200, AWS's limit. */
  readonly maxSessionSeconds?: number | undefined;
  /** Roles beside the default one. */
  readonly roles?: readonly StoreRole[] | undefined;
  readonly now?: (() => Date) | undefined;
  readonly log?: ((line: string) => void) | undefined;
  /** Told of each request when its answer is known. */
  readonly onRequest?: ((entry: RequestEntry) => void) | undefined;
}

export interface EmbeddedStore {
  /** http://127.0.0.1:PORT: S3, path style, and STS. */
  readonly endpoint: string;
  readonly port: number;
  readonly region: "us-east-1";
  /** Long-lived keys that may do everything, AssumeRole included. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A role that may do everything in S3. */
  readonly roleArn: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

const accountId = "000000000000";
const roleName = "valetkey-embedded";
const roleArn = `arn:aws:iam::${accountId}:role/${roleName}`;
const region = "us-east-1";
const host = "127.0.0.1";
const firstBucket = "demo";

/**
 * Starts an S3 and an STS for development and tests, on this machine alone. What it stores is kept in
 * `directory`; what AWS refuses, it refuses.
 * @throws {StoreStartError} when the directory is in use or the port taken
 */
export async function startEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const directory = await inDirectory(() => openDataDirectory(options.directory));
  try {
    return await start(options, directory);
  } catch (error) {
    await directory.release();
    throw error;
  }
}

function inDirectory<Result>(run: () => Promise<Result>): Promise<Result> {
  return blaming("directory", "cannot be used", "a folder that this process may write", run);
}

async function start(options: EmbeddedStoreOptions, directory: DataDirectory): Promise<EmbeddedStore> {
  const { minSessionSeconds, onRequest, log = () => {}, now = () => new Date() } = options;
  const blobs = new BlobFiles(directory.blobs);
  const buckets = await inDirectory(() => Buckets.load(directory.buckets, blobs));
  if (directory.isNew) await buckets.create({ name: firstBucket, region, createdAt: now().toISOString() });
  const { accessKeyId, secretAccessKey, tokenKey } = directory.keys;
  const keys = new AccessKeys({
    baseAccessKeyId: accessKeyId,
    baseSecretAccessKey: secretAccessKey,
    tokenKey: Buffer.from(tokenKey, "base64"),
    accountId,
    roles: [defaultRole(options.maxSessionSeconds), ...(options.roles ?? [])],
  });
  const onFault = (error: unknown) =>
    log(`embedded store: ${error instanceof Error ? error.stack : String(error)}`);
  const server = createStoreServer({ blobs, buckets, keys, now, minSessionSeconds, onRequest, onFault });
  server.listen(options.port, host);
  await blaming("port", `cannot listen there on ${host}`, "a free port, or 0 for any", () =>
    once(server, "listening"),
  );
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://${host}:${port}`;
  log(`The embedded S3 store is at ${endpoint}: for development and tests only.`);
  return {
    endpoint,
    port,
    region,
    accessKeyId,
    secretAccessKey,
    roleArn,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await directory.release();
    },
  };
}

function defaultRole(maxSessionSeconds = 43_200): StoreRole {
  const policy = parseIamPolicy(
    JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:*", Resource: "*" } }),
  );
  return { name: roleName, arn: roleArn, policy, maxSessionSeconds };
}
