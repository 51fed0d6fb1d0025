import type { Logger } from "pino";
import { Grants } from "../access/grants.ts";
import { type Access, GrantsFileError, parseGrantsFile, readGrantsFile } from "../access/grants-file.ts";
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
  const { grantsFile, tokens, developmentTokens } = config;
  const options = { severalIssuers: trustsSeveralIssuers(config) };
  try {
    const { rules, buckets, warnings } =
      grantsFile === undefined
        ? parseGrantsFile(demoGrants, "the embedded store's grants", options)
        : await readGrantsFile(grantsFile, options);
    for (const warning of warnings) log.warn(warning);
    return {
      grants: new Grants(rules, { acceptsTokens: tokens !== undefined || developmentTokens }),
      buckets: new Buckets(buckets),
    };
  } catch (error) {
    if (!(error instanceof GrantsFileError)) throw error;
    throw new ConfigError(`VALETKEY_GRANTS: ${error.message}`, { cause: error });
  }
}

export function trustsSeveralIssuers({ tokens }: Config): boolean {
  return tokens !== undefined && tokens.issuers.length > 1;
}
