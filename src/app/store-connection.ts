import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { type EmbeddedS3, StoreStartError, startEmbeddedS3 } from "@valetkey/embedded-s3";
import type { Logger } from "pino";
import { type EndpointSettings, readEndpointSettings } from "../storage/client/endpoints.ts";
import { type Config, ConfigError, type EmbeddedStoreConfig } from "./config.ts";

/** What the server stores in, and as whom it may ask for roles. */
export interface Store {
  readonly role: { readonly arn: string; readonly externalId: string | undefined };
  readonly sessionTags: boolean;
  readonly sourceIdentity: boolean;
  readonly baseCredentials: ReturnType<typeof fromNodeProviderChain>;
  readonly s3: EndpointSettings;
  /** Undefined: AWS's own settings say. */
  readonly stsEndpoint: string | undefined;
  close(): Promise<void>;
}

/**
 * AWS, or a store that speaks its language, as the configuration and AWS's own settings name it; else the embedded one.
 * @throws {ConfigError} when the embedded one cannot start where it is told to
 */
export async function openStore({ store, forcePathStyle }: Config, log: Logger): Promise<Store> {
  if (store.kind === "role") {
    const { roleArn, externalId, sessionTags, sourceIdentity } = store;
    return {
      role: { arn: roleArn, externalId },
      sessionTags,
      sourceIdentity,
      baseCredentials: fromNodeProviderChain(),
      s3: await readEndpointSettings({ forcePathStyle }),
      stsEndpoint: undefined,
      close: async () => {},
    };
  }
  const embedded = await startEmbedded(store, log);
  const { endpoint, credentials, roleArn } = embedded;
  return {
    role: { arn: roleArn, externalId: undefined },
    sessionTags: false,
    sourceIdentity: false,
    baseCredentials: async () => credentials,
    s3: { forcePathStyle, endpoint },
    stsEndpoint: endpoint,
    close: () => embedded.close(),
  };
}

async function startEmbedded({ dataDirectory, port }: EmbeddedStoreConfig, log: Logger): Promise<EmbeddedS3> {
  try {
    return await startEmbeddedS3({ directory: dataDirectory, port, log: (line) => log.warn(line) });
  } catch (error) {
    if (!(error instanceof StoreStartError)) throw error;
    const fault =
      error.option === "port"
        ? `VALETKEY_STORE_PORT: got ${port}, ${error.message} (unset: PORT + 1)`
        : `VALETKEY_DATA_DIR: got ${JSON.stringify(dataDirectory)}, ${error.message}`;
    throw new ConfigError(fault, { cause: error });
  }
}
