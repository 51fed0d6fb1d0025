import type { Logger } from "pino";
import type { CallerGrants, Grant } from "../access/grants.ts";
import { GrantsFromCode, type GrantsFromCodeOptions } from "../access/grants-from-code.ts";
import type { ValetKeyOptions } from "../library/options.ts";
import { toPublicPrincipal } from "../library/principal.ts";
import { ConfigError } from "./config/config-error.ts";

const defaultCacheSeconds = 30;
const maxCacheSeconds = 3600;

/** @throws {ConfigError} for an option that is out of range */
export function grantsFromCode(
  {
    authorize,
    authorizeCacheSeconds: cacheSeconds = defaultCacheSeconds,
  }: Pick<ValetKeyOptions, "authorize" | "authorizeCacheSeconds">,
  {
    log,
    hasRole,
    namesCallers,
  }: Pick<GrantsFromCodeOptions, "hasRole" | "namesCallers"> & { readonly log: Logger },
): GrantsFromCode | undefined {
  if (authorize === undefined) return undefined;
  if (!(cacheSeconds >= 0 && cacheSeconds <= maxCacheSeconds)) {
    throw new ConfigError(
      `authorizeCacheSeconds: got ${cacheSeconds}, takes a number from 0 to ${maxCacheSeconds}`,
    );
  }
  return new GrantsFromCode({
    authorize: (principal) => authorize(toPublicPrincipal(principal)),
    cacheSeconds,
    hasRole,
    namesCallers,
    log,
  });
}

/** The grants of the file and those from code together. */
export function withGrants(ofFile: CallerGrants, fromCode: readonly Grant[]): CallerGrants {
  return Object.assign([...ofFile, ...fromCode], ofFile.withToken && { withToken: ofFile.withToken });
}
