import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";

/** The reason why no server can listen on a host, whatever the port. */
const hostCodes = new Set(["ENOTFOUND", "EAI_AGAIN", "EADDRNOTAVAIL", "EAFNOSUPPORT"]);

export function isHostFault(code: string): boolean {
  return hostCodes.has(code);
}

export function hostFault(
  { host, nameOf }: Pick<Config, "host" | "nameOf">,
  code: string,
  cause: unknown,
): ConfigError {
  return new ConfigError(
    `${nameOf("HOST")}: got ${JSON.stringify(host)}, cannot listen there (${code}); takes an address or a name of this machine, such as 127.0.0.1 or 0.0.0.0`,
    { cause },
  );
}
