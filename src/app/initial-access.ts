import type { Logger } from "pino";
import { Grants } from "../access/grants.ts";
import {
  type Access,
  type GrantsFile,
  GrantsFileError,
  parseGrantsFile,
  readGrantsFile,
} from "../access/grants-file.ts";
import { Buckets } from "../core/bucket-settings.ts";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";

/** The grants of the embedded store when there is no grants file. */
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

/** @throws {ConfigError} when the grants file cannot be read or parsed */
export async function readInitialAccess(config: Config, log: Logger): Promise<Access> {
  try {
    const { rules, buckets, warnings } = await readRules(config);
    for (const warning of warnings) log.warn(warning);
    return {
      grants: new Grants(rules, { acceptsTokens: config.acceptsTokens || config.developmentTokens }),
      buckets: new Buckets(buckets),
    };
  } catch (error) {
    if (!(error instanceof GrantsFileError)) throw error;
    throw new ConfigError(`${config.nameOf("VALETKEY_GRANTS")}: ${error.message}`, { cause: error });
  }
}

export function trustsSeveralIssuers({ tokens }: Config): boolean {
  return tokens !== undefined && tokens.issuers.length > 1;
}

async function readRules(config: Config): Promise<GrantsFile> {
  const { grantsFile, accessRules, hasAuthorize } = config;
  const options = { severalIssuers: trustsSeveralIssuers(config) };
  if (grantsFile !== undefined) return await readGrantsFile(grantsFile, options);
  if (accessRules !== undefined) {
    return parseGrantsFile(JSON.stringify(accessRules, null, 2), "the rules", options);
  }
  // Whoever says in code what callers may do must not give away the demonstration's buckets too.
  if (hasAuthorize) return parseGrantsFile("grants: []", "no rules", options);
  return parseGrantsFile(demoGrants, "the embedded store's grants", options);
}
