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
  /** If undefined, AWS's own settings apply. */
  readonly stsEndpoint: string | undefined;
  /** The first one seals upload ids, and all of them open upload ids. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens the store that the configuration and AWS's own settings name, or else starts the embedded one.
 * @throws {ConfigError} when the embedded store cannot start with these settings
 */
export async function openStore(config: Config, log: Logger): Promise<Store> {
  const { store } = config;
  return store.kind === "role"
    ? await openRoleStore(store, config)
    : await openEmbeddedStore(store, config, log);
}

async function openRoleStore(
  { roleArn, externalId, sessionTags, sourceIdentity }: RoleConfig,
  { forcePathStyle, secrets }: Config,
): Promise<Store> {
  if (secrets === undefined) throw new ConfigError("VALETKEY_SECRET: missing");
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

async function openEmbeddedStore(store: EmbeddedStoreConfig, config: Config, log: Logger): Promise<Store> {
  const { host, forcePathStyle } = config;
  const embedded = await startEmbedded(store, config, log);
  const { endpoint, credentials, roleArn } = embedded;
  const secrets = config.secrets ?? [await keptSecret(store, embedded)];
  if (config.publicEndpoint === undefined && (host === "0.0.0.0" || host === "::")) {
    const { hostname } = new URL(endpoint);
    log.warn(
      `The embedded store's presigned URLs name ${hostname}. If clients cannot reach this machine by that address, set VALETKEY_PUBLIC_ENDPOINT_URL to an origin that they can reach.`,
    );
  }
  return {
    role: { arn: roleArn },
    externalId: undefined,
    sessionTags: false,
    sourceIdentity: false,
    baseCredentials: async () => credentials,
    s3: { forcePathStyle, endpoint },
    stsEndpoint: endpoint,
    secrets,
    close: () => embedded.close(),
  };
}

async function startEmbedded(
  { dataDirectory, port }: EmbeddedStoreConfig,
  { host, publicEndpoint }: Pick<Config, "host" | "publicEndpoint">,
  log: Logger,
): Promise<EmbeddedS3> {
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
    if (option === "host") throw hostFault(host, code, error);
    if (option === "directory") throw dataDirectoryFault(dataDirectory, message, error);
    throw new ConfigError(`VALETKEY_STORE_PORT: got ${port}, ${message} (unset: PORT + 1)`, { cause: error });
  }
}

async function keptSecret({ dataDirectory }: EmbeddedStoreConfig, embedded: EmbeddedS3): Promise<string> {
  try {
    return await readPersistedSecret(dataDirectory);
  } catch (error) {
    await embedded.close();
    throw dataDirectoryFault(dataDirectory, `cannot be used: ${(error as Error).message}`, error);
  }
}

function dataDirectoryFault(dataDirectory: string, message: string, cause: unknown): ConfigError {
  return new ConfigError(`VALETKEY_DATA_DIR: got ${JSON.stringify(dataDirectory)}, ${message}`, { cause });
}
