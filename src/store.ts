import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { startEmbeddedStore } from "./local/embedded-store.ts";
import { type EndpointSettings, readEndpointSettings } from "./storage/endpoints.ts";

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

/** AWS, or a store that speaks its language, as the configuration and AWS's own settings name it; else the embedded one. */
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
  const embedded = await startEmbeddedStore({
    directory: store.dataDirectory,
    port: store.port,
    log: (line) => log.warn(line),
  });
  const { endpoint, accessKeyId, secretAccessKey, roleArn } = embedded;
  return {
    role: { arn: roleArn, externalId: undefined },
    sessionTags: false,
    sourceIdentity: false,
    baseCredentials: async () => ({ accessKeyId, secretAccessKey }),
    s3: { forcePathStyle, endpoint },
    stsEndpoint: endpoint,
    close: () => embedded.close(),
  };
}
