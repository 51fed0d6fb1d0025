import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import type { Logger } from "pino";
import type { Action } from "../../src/access/grants.ts";
import { type App, type AppOptions, startApp } from "../../src/app/app.ts";
import { loadConfig } from "../../src/app/config/config.ts";
import { type Runtime, startRuntime } from "../../src/app/runtime.ts";
import { changeAwsEnvironment } from "./environment.ts";
import { GraphQLClient } from "./graphql-client.ts";
import { audience, type Issuer } from "./issuer.ts";
import { type Closable, makeTemporaryFolder, type Started, startTogether } from "./resources.ts";
import type { StoreDescription } from "./store-description.ts";
import { bucket, startTestStore, versionedBucket } from "./test-store.ts";

export { bucket, otherBucket, versionedBucket } from "./test-store.ts";

/** A rule of the access file. */
export interface GrantRule {
  readonly who: "anonymous" | "authenticated" | Readonly<Record<string, string | readonly string[]>>;
  readonly bucket: string;
  readonly prefix?: string;
  readonly allow: readonly Action[];
  readonly maxUploadBytes?: number | string;
  readonly contentTypes?: readonly string[];
  readonly maxExpiresSeconds?: number;
  readonly shareSessions?: boolean;
}

type Environment = Readonly<Record<string, string>>;

export interface TestServerOptions {
  /** Default: an embedded store of its own. */
  readonly store?: StoreDescription | undefined;
  /** Default: everybody may do everything in the two buckets of `anyoneMayDoAnything`. */
  readonly grants?: readonly GrantRule[];
  /** The settings of buckets in the access file. Default: none. */
  readonly buckets?: Readonly<Record<string, object>>;
  /** Where the server finds S3, if not at the store itself: a proxy in front of it, for example. */
  readonly s3Url?: string | undefined;
  /** Where the server finds STS. Default: at the embedded store, or of a given store at `s3Url`. */
  readonly stsUrl?: string | undefined;
  /** Whose tokens the server accepts. Default: it accepts none. */
  readonly issuer?: Issuer | undefined;
  /** Environment variables in addition to those that the other options set. */
  readonly env?: Environment;
  /** Default: no log. */
  readonly log?: Logger | undefined;
  /** Default: the web pages of the last build, if there are any. */
  readonly pages?: string | undefined;
  /** The operator's hook. Default: none. */
  readonly onObjectStored?: AppOptions["onObjectStored"];
}

export interface RunningServer extends Closable {
  readonly url: string;
  /** Sends requests without a token. */
  readonly client: GraphQLClient;
  readonly app: App;
}

/** The store of a test, and ways around the server to what it contains. */
export interface ReachableStore {
  readonly store: StoreDescription;
  /** The store's origin: `http://127.0.0.1:PORT`. */
  readonly storeUrl: string;
  /** Reads and writes every object in the store, around the server. */
  readonly admin: S3Client;
  /** Stores an object in the main bucket, around the server. Returns its version in a versioned bucket. */
  seed(key: string, body: string, more?: Partial<PutObjectCommandInput>): Promise<string | undefined>;
}

export interface TestServer extends RunningServer, ReachableStore {}

export const anyoneMayDoAnything: readonly GrantRule[] = [bucket, versionedBucket].map((name) => ({
  who: "anonymous",
  bucket: name,
  allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
}));

/** Starts a whole server in this process, on a free port. Unless it is given a store, it starts one too. */
export function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  return startTogether(async (started) => {
    const { env, ...store } = await startStoreAndGrants(started, options);
    return { ...(await startInProcess(started, env, options)), ...store };
  });
}

export interface PreparedServer extends Closable, ReachableStore {
  /** What such a server would be started with. AWS's part of it is in `process.env`. */
  readonly env: Environment;
}

/** Starts what `startTestServer` starts, without the server. */
export function prepareTestServer(options: TestServerOptions = {}): Promise<PreparedServer> {
  return startTogether(async (started) => {
    const prepared = await startStoreAndGrants(started, options);
    await started.use(changeAwsEnvironment(prepared.env));
    return prepared;
  });
}

export interface TestRuntime extends Closable, ReachableStore {
  readonly runtime: Runtime;
}

/** Starts what `startTestServer` starts, without the HTTP server. */
export function startTestRuntime(options: TestServerOptions = {}): Promise<TestRuntime> {
  return startTogether(async (started) => {
    const { env, ...store } = await startStoreAndGrants(started, options);
    await started.use(changeAwsEnvironment(env));
    const runtime = await startRuntime(loadConfig(env), { log: options.log });
    started.defer(() => runtime.close());
    return { runtime, ...store };
  });
}

async function startStoreAndGrants(started: Started, options: TestServerOptions) {
  const store = options.store ?? (await started.use(startTestStore())).description;
  const folder = await started.use(makeTemporaryFolder("server"));
  const accessFile = join(folder.path, "grants.json");
  const { grants = anyoneMayDoAnything, buckets = {} } = options;
  await writeFile(accessFile, JSON.stringify({ buckets, grants }));
  const env = { ...environmentOf(store, options), VALETKEY_GRANTS: accessFile, ...options.env };

  const { endpoint, region, adminCredentials: credentials } = store;
  const admin = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  started.defer(() => admin.destroy());
  const seed = async (Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) => {
    const command = new PutObjectCommand({ Bucket: store.buckets.main, ...more, Key, Body });
    return (await admin.send(command)).VersionId;
  };
  return { env, store, storeUrl: endpoint, admin, seed };
}

/** Starts what `npm start` starts without any configuration, on free ports and with a data folder of its own. */
export function startDemoServer(env: Environment = {}, options: AppOptions = {}): Promise<RunningServer> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("demo"));
    const defaults = { PORT: "0", VALETKEY_STORE_PORT: "0", LOG_LEVEL: "silent" };
    return await startInProcess(started, { ...defaults, VALETKEY_DATA_DIR: folder.path, ...env }, options);
  });
}

async function startInProcess(
  started: Started,
  env: Environment,
  { log, pages, onObjectStored }: AppOptions,
) {
  await started.use(changeAwsEnvironment(env));
  const app = await startApp(loadConfig(env), { log, pages, onObjectStored });
  started.defer(() => app.close());
  return { url: app.url, client: new GraphQLClient(app.url), app };
}

function environmentOf(store: StoreDescription, options: TestServerOptions): Environment {
  const { issuer, s3Url = store.endpoint } = options;
  // An embedded store of its own is found behind a proxy for S3 too; what is in front of a given store is in front of both.
  const { stsUrl = options.store === undefined ? store.endpoint : s3Url } = options;
  const environment = {
    HOST: "127.0.0.1",
    PORT: "0",
    LOG_LEVEL: process.env.LOG_LEVEL ?? "silent",
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.baseCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.baseCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_ENDPOINT_URL_STS: stsUrl,
    VALETKEY_ROLE_ARN: store.roleArn,
    VALETKEY_FORCE_PATH_STYLE: "true",
    VALETKEY_SECRET: "a secret of the tests that is longer than 32 bytes",
  };
  if (issuer === undefined) return environment;
  return {
    ...environment,
    VALETKEY_JWKS_URL: issuer.jwksUrl,
    VALETKEY_JWT_ISSUER: issuer.url,
    VALETKEY_JWT_AUDIENCE: audience,
  };
}
