import type { Logger } from "pino";
import {
  type Access,
  type AccessFile,
  AccessFileError,
  type AccessFileOptions,
  parseAccessFile,
  readAccessFile,
} from "../access/access-file.ts";
import { type AccessSnapshot, parseAccessSnapshot } from "../access/access-snapshot.ts";
import { Grants } from "../access/grants.ts";
import { partitionOf } from "../core/aws-names.ts";
import { Buckets } from "../core/bucket-settings.ts";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";

/** The grants of the embedded store when there is no access file. */
const demoGrants = `
grants:
  - who: anonymous
    bucket: demo
    allow: [DOWNLOAD, UPLOAD, LIST, DELETE]
  - who: authenticated
    bucket: demo
    allow: [DOWNLOAD, UPLOAD, LIST, DELETE]
  - who: authenticated
    bucket: private
    prefix: "users/{sub}/"
    allow: [DOWNLOAD, UPLOAD, LIST, DELETE]
`;

export interface InitialAccess extends Access {
  /** The configuration, without the embedded store if every granted bucket names a role. */
  readonly config: Config;
}

/** @throws {ConfigError} when the access file cannot be read or parsed, or when a granted bucket has no role */
export async function readInitialAccess(
  given: Config,
  log: Logger,
  snapshot?: AccessSnapshot,
): Promise<InitialAccess> {
  try {
    const { rules, buckets, warnings } =
      snapshot === undefined
        ? await readRules(given)
        : parseAccessSnapshot(snapshot, accessFileOptions(given));
    for (const warning of warnings) log.warn(warning);
    // Grants from code are not known yet. Most likely, they are for the buckets that have settings.
    const isFromCode = rules.length === 0 && given.hasAuthorize;
    const used = isFromCode ? [...buckets.keys()] : rules.map(({ bucket }) => bucket);
    const haveRoles = used.length > 0 && used.every((bucket) => buckets.get(bucket)?.role !== undefined);
    const config = given.store.kind === "embedded" && haveRoles ? given.withoutEmbeddedStore() : given;
    if (missingRole(config) !== undefined && ![...buckets.values()].some(({ role }) => role !== undefined)) {
      throw new ConfigError(
        `${config.nameOf("VALETKEY_ROLE_ARN")}: missing; no bucket of the access file names a role either`,
      );
    }
    return {
      config,
      grants: new Grants(rules, { acceptsTokens: config.acceptsTokens || config.developmentTokens }),
      buckets: new Buckets(buckets),
    };
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    throw new ConfigError(`${given.nameOf("VALETKEY_GRANTS")}: ${error.message}`, { cause: error });
  }
}

/** How the access file is read with this configuration, at the start and later. */
export function accessFileOptions(config: Config): AccessFileOptions {
  const { store, tokens } = config;
  const roleArn = store.kind === "role" ? store.roleArn : undefined;
  return {
    severalIssuers: tokens !== undefined && tokens.issuers.length > 1,
    missingRole: missingRole(config),
    namesCallers: settingThatNamesCallers(config),
    defaultPartition: roleArn === undefined ? undefined : partitionOf(roleArn),
  };
}

/** The setting that sends the caller's identity with AssumeRole, if one does. */
export function settingThatNamesCallers({ store, nameOf }: Config): string | undefined {
  if (store.kind !== "role") return undefined;
  if (store.sessionTags) return nameOf("VALETKEY_SESSION_TAGS");
  return store.sourceIdentity ? nameOf("VALETKEY_SOURCE_IDENTITY") : undefined;
}

/** The setting that would name a default role, if there is none. */
function missingRole({ store, nameOf }: Config): string | undefined {
  return store.kind === "role" && store.roleArn === undefined ? nameOf("VALETKEY_ROLE_ARN") : undefined;
}

async function readRules(config: Config): Promise<AccessFile> {
  const { accessFile, accessRules, hasAuthorize } = config;
  const options = accessFileOptions(config);
  if (accessFile !== undefined) return await readAccessFile(accessFile, options);
  if (accessRules !== undefined) {
    return parseAccessFile(JSON.stringify(accessRules, null, 2), "the rules", options);
  }
  // Whoever says in code what callers may do must not give away the demonstration's buckets too.
  if (hasAuthorize) return parseAccessFile("grants: []", "no rules", options);
  return parseAccessFile(demoGrants, "the embedded store's grants", options);
}
