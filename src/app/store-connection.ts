import { type EmbeddedS3, StoreStartError, startEmbeddedS3 } from "@valetkey/embedded-s3";
import type { Logger } from "pino";
import type { BucketRole } from "../core/bucket-settings.ts";
import { type EndpointSettings, readEndpointSettings } from "../storage/client/endpoint-settings.ts";
import type { CredentialProvider } from "./base-credentials.ts";
import type { Config, EmbeddedStoreConfig, RoleConfig } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { hostFault } from "./listen-fault.ts";
import { readPersistedSecret } from "./persisted-secret.ts";

/** The S3 and STS that the server uses, and its identity there. */
export interface Store {
  /** The role of buckets that name none. Undefined: every bucket has to name one. */
  readonly role: BucketRole | undefined;
  /** For roles of buckets that have no external ID of their own. */
  readonly externalId: string | undefined;
  readonly sessionTags: boolean;
  readonly sourceIdentity: boolean;
  /** What assumes the default role, and roles of buckets that name no profile. Default: AWS's provider chain. */
  readonly baseCredentials?: CredentialProvider | undefined;
  readonly s3: EndpointSettings;
  /** For buckets with a role of their own, if they are not at this store. */
  readonly s3OfOwnRoles?: EndpointSettings | undefined;
  /** If undefined, AWS's own settings apply. */
  readonly stsEndpoint: string | undefined;
  /** The first one seals upload ids, and all of them open upload ids. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** Where the embedded store of another process is, and what opens it. It can be sent to another process. */
export interface EmbeddedStoreAccess extends Pick<EmbeddedS3, "endpoint" | "credentials" | "roleArn"> {
  readonly secrets: readonly string[];
}

/**
 * Opens the store that the configuration and AWS's own settings name, or else starts the embedded one.
 * @param running the embedded store that another process has started
 * @throws {ConfigError} when the embedded store cannot start with these settings
 */
export async function openStore(config: Config, log: Logger, running?: EmbeddedStoreAccess): Promise<Store> {
  const { store } = config;
  if (store.kind === "role") return await openRoleStore(store, config);
  if (running !== undefined) return await connectEmbeddedStore(running, config);
  const started = await startEmbeddedStore(store, config, log);
  return { ...(await connectEmbeddedStore(started.access, config)), close: started.close };
}

async function openRoleStore(
  { roleArn, externalId, sessionTags, sourceIdentity }: RoleConfig,
  { forcePathStyle, secrets, nameOf }: Config,
): Promise<Store> {
  if (secrets === undefined) throw new ConfigError(`${nameOf("VALETKEY_SECRET")}: missing`);
  return {
    role: roleArn === undefined ? undefined : { arn: roleArn, externalId },
    externalId,
    sessionTags,
    sourceIdentity,
    s3: await readEndpointSettings({ forcePathStyle }),
    stsEndpoint: undefined,
    secrets,
    close: async () => {},
  };
}

/**
 * Starts the embedded store, which only one process can do with the same folder.
 * @throws {ConfigError} when it cannot start with these settings
 */
export async function startEmbeddedStore(
  store: EmbeddedStoreConfig,
  config: Config,
  log: Logger,
): Promise<{ readonly access: EmbeddedStoreAccess; close(): Promise<void> }> {
  const { host, nameOf } = config;
  const embedded = await startEmbedded(store, config, log);
  const { endpoint, credentials, roleArn } = embedded;
  const secrets = config.secrets ?? [await keptSecret(store, config, embedded)];
  if (config.publicEndpoint === undefined && (host === "0.0.0.0" || host === "::")) {
    const { hostname } = new URL(endpoint);
    log.warn(
      `The embedded store's presigned URLs name ${hostname}. If clients cannot reach this machine by that address, set ${nameOf("VALETKEY_PUBLIC_ENDPOINT_URL")} to an origin that they can reach.`,
    );
  }
  return { access: { endpoint, credentials, roleArn, secrets }, close: () => embedded.close() };
}

async function connectEmbeddedStore(
  { endpoint, credentials, roleArn, secrets }: EmbeddedStoreAccess,
  { forcePathStyle }: Config,
): Promise<Store> {
  return {
    role: { arn: roleArn, stsEndpoint: endpoint },
    externalId: undefined,
    sessionTags: false,
    sourceIdentity: false,
    baseCredentials: async () => credentials,
    s3: { forcePathStyle, endpoint },
    s3OfOwnRoles: await readEndpointSettings({ forcePathStyle: false }),
    stsEndpoint: endpoint,
    secrets,
    close: async () => {},
  };
}

async function startEmbedded(store: EmbeddedStoreConfig, config: Config, log: Logger): Promise<EmbeddedS3> {
  const { dataDirectory, port } = store;
  const { host, publicEndpoint, nameOf } = config;
  try {
    return await startEmbeddedS3({
      directory: dataDirectory,
      host,
      publicHosts: publicEndpoint === undefined ? [] : [new URL(publicEndpoint).hostname],
      port,
      buckets: ["demo", "private"],
      log: (line) => log.warn(line),
    });
  } catch (error) {
    if (!(error instanceof StoreStartError)) throw error;
    const { option, message, code = "" } = error;
    if (option === "host") throw hostFault(config, code, error);
    if (option === "directory") throw dataDirectoryFault(store, config, { message, cause: error });
    throw new ConfigError(`${nameOf("VALETKEY_STORE_PORT")}: got ${port}, ${message}`, { cause: error });
  }
}

async function keptSecret(store: EmbeddedStoreConfig, config: Config, embedded: EmbeddedS3): Promise<string> {
  try {
    return await readPersistedSecret(store.dataDirectory);
  } catch (cause) {
    await embedded.close();
    const message = `cannot be used: ${(cause as Error).message}`;
    throw dataDirectoryFault(store, config, { message, cause });
  }
}

function dataDirectoryFault(
  { dataDirectory }: EmbeddedStoreConfig,
  { nameOf }: Config,
  { message, cause }: { readonly message: string; readonly cause: unknown },
): ConfigError {
  const setting = nameOf("VALETKEY_DATA_DIR");
  return new ConfigError(`${setting}: got ${JSON.stringify(dataDirectory)}, ${message}`, { cause });
}
