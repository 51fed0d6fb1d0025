import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Action } from "../../src/access/grants.ts";
import { startApp } from "../../src/app/app.ts";
import { loadConfig } from "../../src/app/config.ts";
import { GraphQLClient } from "./graphql-client.ts";
import { audience, type Issuer } from "./issuer.ts";
import type { StoreDescription } from "./store-description.ts";

/** A rule of the grants file. */
export interface GrantRule {
  readonly who: "anonymous" | "authenticated" | Readonly<Record<string, string | readonly string[]>>;
  readonly bucket: string;
  readonly prefix?: string;
  readonly allow: readonly Action[];
  readonly maxUploadBytes?: number | string;
  readonly contentTypes?: readonly string[];
  readonly maxExpiresSeconds?: number;
}

export interface TestServerOptions {
  readonly store: StoreDescription;
  readonly grants: readonly GrantRule[];
  /** Where the server finds S3 and STS when not at the store itself: a proxy before it. */
  readonly s3Url?: string | undefined;
  readonly stsUrl?: string | undefined;
  /** Whose tokens it believes. */
  readonly issuer?: Issuer | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: Logger | undefined;
}

export interface TestServer {
  readonly url: string;
  /** An anonymous caller. */
  readonly client: GraphQLClient;
  close(): Promise<void>;
}

/** A whole Valet Key in this process, on a free port, before the given store. */
export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), "valetkey-server-"));
  const grantsFile = join(directory, "grants.json");
  await writeFile(grantsFile, JSON.stringify({ grants: options.grants }));
  const env = { ...environment(options), VALETKEY_GRANTS: grantsFile };
  // AWS's own provider chain reads the process's environment, whatever record the server is given.
  for (const [name, value] of Object.entries(env)) if (name.startsWith("AWS_")) process.env[name] = value;
  const app = await startApp(loadConfig(env), { log: options.log });
  return {
    url: app.url,
    client: new GraphQLClient(app.url),
    close: async () => {
      await app.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function environment({ store, issuer, s3Url, stsUrl, env }: TestServerOptions): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    LOG_LEVEL: process.env.LOG_LEVEL ?? "silent",
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.baseCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.baseCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: s3Url ?? store.endpoint,
    AWS_ENDPOINT_URL_STS: stsUrl ?? s3Url ?? store.endpoint,
    // Nothing of this machine's: no profile, no instance role.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    VALETKEY_ROLE_ARN: store.roleArn,
    VALETKEY_FORCE_PATH_STYLE: "true",
    VALETKEY_SECRET: "a secret of the tests that is longer than 32 bytes",
    ...(issuer === undefined
      ? {}
      : {
          VALETKEY_JWKS_URL: issuer.jwksUrl,
          VALETKEY_JWT_ISSUER: issuer.url,
          VALETKEY_JWT_AUDIENCE: audience,
        }),
    ...env,
  };
}
