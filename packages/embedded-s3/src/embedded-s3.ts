import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { usingDirectory } from "./core/store-start-error.ts";
import { BlobFiles } from "./disk/blob-files.ts";
import { type DataDirectory, openDataDirectory } from "./disk/data-directory.ts";
import { listen } from "./http/listen.ts";
import { parseIamPolicy } from "./iam/iam-policy.ts";
import { type RequestEntry } from "./request-entry.ts";
import { createStoreServer } from "./server.ts";
import { AccessKeys, type StoreRole } from "./signing/access-keys.ts";
import { Buckets } from "./store/buckets.ts";

export { StoreStartError } from "./core/store-start-error.ts";
export type { RequestEntry } from "./request-entry.ts";

export interface EmbeddedS3Options {
  /**
   * The folder that keeps the objects. It is created if it does not exist, and only one store at a time can use it.
   * Default: a temporary folder, which `close` removes.
   */
  readonly directory?: string | undefined;
  /** Default: 0, which takes any free port. */
  readonly port?: number | undefined;
  /**
   * The address or name to listen on, by which clients must be able to reach the store. With 0.0.0.0 or ::, the URL of
   * the store names the first address of this machine that is not a loopback address. Default: 127.0.0.1.
   */
  readonly host?: string | undefined;
  /** Other host names or addresses under which clients reach the store, for example through a proxy. Default: none. */
  readonly publicHosts?: readonly string[] | undefined;
  /** Names of buckets that the store creates in us-east-1 when it starts, if they are missing. Default: `["demo"]`. */
  readonly buckets?: readonly string[] | undefined;
  /** Roles that the store's own keys can assume, in addition to the one of `roleArn`. Default: none. */
  readonly roles?: readonly EmbeddedRole[] | undefined;
  /** The shortest session that AssumeRole grants. Default: 900, as on AWS. */
  readonly minSessionSeconds?: number | undefined;
  /** The longest session of the role of `roleArn`. Default: 43,200, the limit of AWS. */
  readonly maxSessionSeconds?: number | undefined;
  /** The clock that signatures and sessions are checked against. Default: the system's. */
  readonly now?: (() => Date) | undefined;
  /** Receives warnings and unexpected errors, one line or stack each. Default: they are dropped. */
  readonly log?: ((line: string) => void) | undefined;
  /** Is called once for each request, when the status of its response is known. */
  readonly onRequest?: ((entry: RequestEntry) => void) | undefined;
}

export interface EmbeddedRole {
  /** Its ARN is `arn:aws:iam::000000000000:role/NAME`. */
  readonly name: string;
  /** What the role allows: an IAM policy document, as JSON text or as an object. */
  readonly policy: string | object;
  /** Default: 3600. */
  readonly maxSessionSeconds?: number | undefined;
  /** If set, AssumeRole has to send the same ExternalId. */
  readonly externalId?: string | undefined;
  /** Whether the trust policy allows sts:TagSession. Default: false. */
  readonly allowTagSession?: boolean | undefined;
  /** Whether the trust policy allows sts:SetSourceIdentity. Default: false. */
  readonly allowSourceIdentity?: boolean | undefined;
}

export interface EmbeddedS3 extends AsyncDisposable {
  /** The URL of S3 (path style) and of STS: `http://127.0.0.1:PORT`, unless another host is set. */
  readonly endpoint: string;
  readonly port: number;
  /** The region of the first buckets. */
  readonly region: "us-east-1";
  /** Long-lived keys that are allowed everything, AssumeRole included. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** A role that is allowed everything in S3, and to encrypt with every KMS key. */
  readonly roleArn: string;
  /** Ends open connections and releases the folder. Calling it again has no effect. */
  close(): Promise<void>;
}

const accountId = "000000000000";
const region = "us-east-1";
const defaultRole = {
  name: "valetkey-embedded",
  policy: { Version: "2012-10-17", Statement: { Effect: "Allow", Action: ["s3:*", "kms:*"], Resource: "*" } },
};

/**
 * Starts an S3 and an STS on this machine, for development and tests. Requests that AWS would refuse are refused.
 * @throws {StoreStartError} when the folder, the host or the port cannot be used
 * @throws {Error} MalformedPolicyDocument, when the policy of a role is not valid
 */
export async function startEmbeddedS3(options: EmbeddedS3Options = {}): Promise<EmbeddedS3> {
  const temporary =
    options.directory === undefined ? await mkdtemp(join(tmpdir(), "embedded-s3-")) : undefined;
  const removeTemporary = async () => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  try {
    return await startIn(options.directory ?? temporary ?? "", options, removeTemporary);
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

async function startIn(
  path: string,
  options: EmbeddedS3Options,
  onClosed: () => Promise<void>,
): Promise<EmbeddedS3> {
  const directory = await usingDirectory(() => openDataDirectory(path));
  try {
    return await startServer(directory, options, onClosed);
  } catch (error) {
    await directory.release();
    throw error;
  }
}

async function startServer(
  directory: DataDirectory,
  options: EmbeddedS3Options,
  onClosed: () => Promise<void>,
): Promise<EmbeddedS3> {
  const { minSessionSeconds, onRequest, log = () => {}, now = () => new Date() } = options;
  const blobs = new BlobFiles(directory.blobs);
  const buckets = await usingDirectory(() => Buckets.load(directory.buckets, blobs, log));
  const createdAt = now().toISOString();
  for (const name of options.buckets ?? ["demo"]) await buckets.createIfMissing({ name, region, createdAt });
  const { accessKeyId, secretAccessKey, tokenKey } = directory.keys;
  const role = toStoreRole({ ...defaultRole, maxSessionSeconds: options.maxSessionSeconds ?? 43_200 });
  const keys = new AccessKeys({
    baseAccessKeyId: accessKeyId,
    baseSecretAccessKey: secretAccessKey,
    tokenKey: Buffer.from(tokenKey, "base64"),
    accountId,
    roles: [role, ...(options.roles ?? []).map(toStoreRole)],
  });
  const onFault = (error: unknown) =>
    log(`embedded store: ${error instanceof Error ? error.stack : String(error)}`);
  const host = options.host ?? "127.0.0.1";
  const server = createStoreServer({
    blobs,
    buckets,
    keys,
    now,
    host,
    publicHosts: (options.publicHosts ?? []).map((name) => name.toLowerCase()),
    minSessionSeconds,
    onRequest,
    onFault,
  });
  const { endpoint, port } = await listen(server, host, options.port ?? 0);
  log(`The embedded S3 store is at ${endpoint}. It is for development and tests only.`);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      const ended = once(server, "close");
      server.close();
      server.closeAllConnections();
      await ended;
      await directory.release();
      await onClosed();
    })();
    return closed;
  };
  return {
    endpoint,
    port,
    region,
    // A copy each time: the AWS SDK writes into the object that it is given.
    get credentials() {
      return { accessKeyId, secretAccessKey };
    },
    roleArn: role.arn,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toStoreRole({ policy, maxSessionSeconds = 3600, ...role }: EmbeddedRole): StoreRole {
  return {
    ...role,
    arn: `arn:aws:iam::${accountId}:role/${role.name}`,
    policy: parseIamPolicy(typeof policy === "string" ? policy : JSON.stringify(policy)),
    maxSessionSeconds,
  };
}
