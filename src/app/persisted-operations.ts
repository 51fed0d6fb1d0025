import type { Logger } from "pino";
import clientManifest from "../../packages/client/persisted-operations.json" with { type: "json" };
import { readRegularFile, UnreadableFileError } from "../core/read-regular-file.ts";
import {
  ManifestError,
  type ManifestOptions,
  mergeOperations,
  type PersistedOperation,
  parseManifest,
} from "../graphql/operation/operation-manifest.ts";
import { PersistedOperations } from "../graphql/operation/persisted-operations.ts";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";

/** Stands for the operations of the client package, which are also those of the web client. */
const clientPackage = "@valetkey/client";
const maxFileBytes = 4 * 2 ** 20;

export interface OpenedManifest {
  readonly operations: PersistedOperations;
  /** Reads the files again. If they have faults, they are logged, and the current operations stay in force. */
  reload(): Promise<void>;
}

type Schema = ManifestOptions["schema"];

/**
 * Reads the manifests that the configuration names.
 * @returns undefined if it names none
 * @throws {ConfigError} when they cannot be read, or have faults
 */
export async function openPersistedOperations(
  config: Config,
  schema: Schema,
  log: Logger,
): Promise<OpenedManifest | undefined> {
  const { persistedOperations: paths, production } = config;
  if (paths === undefined) return undefined;
  const read = () => readManifests(paths, { schema, production });
  const operations = new PersistedOperations(
    await read().catch((error: unknown) => {
      if (!(error instanceof ManifestError)) throw error;
      const name = config.nameOf("VALETKEY_PERSISTED_OPERATIONS");
      throw new ConfigError(`${name}: ${error.message}`, { cause: error });
    }),
  );
  for (const warning of warningsOf(config, operations)) log.warn(warning);
  return {
    operations,
    async reload() {
      try {
        operations.replace(await read());
        log.info({ operations: operations.count }, "the persisted operations were read again");
      } catch (error) {
        log.error({ err: error }, "the persisted operations have faults: the current ones stay in force");
      }
    },
  };
}

/** @throws {ManifestError} */
async function readManifests(
  paths: readonly string[],
  options: ManifestOptions,
): Promise<readonly PersistedOperation[]> {
  const manifests = new Map<string, readonly PersistedOperation[]>();
  for (const path of paths) manifests.set(path, await parseManifest(await textOf(path), path, options));
  return mergeOperations(manifests);
}

async function textOf(path: string): Promise<string> {
  if (path === clientPackage) return JSON.stringify(clientManifest);
  try {
    const text = await readRegularFile(path, maxFileBytes);
    if (text !== undefined) return text;
    throw new ManifestError(`${path}: more than ${maxFileBytes / 2 ** 20} MiB`);
  } catch (cause) {
    if (!(cause instanceof UnreadableFileError)) throw cause;
    throw new ManifestError(
      `${path}: cannot be read (${cause.message}); takes a JSON file that this process may read, or ${clientPackage}`,
      { cause },
    );
  }
}

/** What does not work with these operations, although it is turned on. */
function warningsOf(
  { nameOf, production, webClient, isPartOfServer, federation }: Config,
  operations: PersistedOperations,
): readonly string[] {
  const variable = nameOf("VALETKEY_PERSISTED_OPERATIONS");
  const warnings: string[] = [];
  const hasClient = clientManifest.operations.every(({ body }) => operations.hashOf(body) !== undefined);
  if (webClient && !isPartOfServer && !hasClient) {
    warnings.push(
      `the web client does not work, because ${variable} does not have its operations: add ${clientPackage}, or set VALETKEY_WEB=off`,
    );
  }
  if (!production && !isPartOfServer) {
    warnings.push(
      `GraphiQL and Apollo Sandbox can run only the operations of ${variable}, and show no schema, because they read it with an operation of their own`,
    );
  }
  if (federation) {
    warnings.push(
      `a router's queries are refused, because it plans them while it runs and ${variable} cannot have them: persist operations at the router instead`,
    );
  }
  return warnings;
}
