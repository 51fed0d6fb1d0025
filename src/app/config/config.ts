import type { Region, Regions } from "../../core/object-address.ts";
import { ConfigError } from "./config-error.ts";
import { type ConfigSource, fromEnvironment } from "./config-source.ts";
import {
  crossCheck,
  embeddedRegion,
  type StoreKind,
  storeKindOf,
  storePortOf,
  warningsOf,
} from "./cross-checks.ts";
import type { Values } from "./environment-schema.ts";
import { type Environment, type NameOf, parseEnvironment } from "./parse-environment.ts";
import { trustedIssuers } from "./trusted-issuers.ts";

/** The configuration from the environment variables, or from options. Sizes are in bytes. */
export type Config = Readonly<ReturnType<typeof toConfig>> & {
  /**
   * The same without the embedded store, for an access file in which every granted bucket names a role.
   * @throws {ConfigError} naming what is missing then
   */
  readonly withoutEmbeddedStore: () => Config;
};
export type RoleConfig = Extract<Config["store"], { kind: "role" }>;
export type EmbeddedStoreConfig = Extract<Config["store"], { kind: "embedded" }>;

/** @throws {ConfigError} naming every variable that is unknown, malformed, out of range or missing */
export function loadConfig(environment: Environment, source: ConfigSource = fromEnvironment): Config {
  const { values, given } = parseEnvironment(environment, source.nameOf);
  const configFor = (store: StoreKind): Config => {
    const faults = crossCheck(store, values, given, source);
    if (faults.length > 0) throw new ConfigError(faults.join("\n"));
    return { ...toConfig(store, values, source), withoutEmbeddedStore: () => configFor("role") };
  };
  return configFor(storeKindOf(values, source));
}

function toConfig(
  store: StoreKind,
  values: Values,
  { nameOf, accessRules, hasAuthorize, isPartOfServer }: ConfigSource,
) {
  const issuers = trustedIssuers(values);
  return {
    nameOf,
    isPartOfServer,
    production: values.NODE_ENV === "production",
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    store: toStore(store, values),
    regions: toRegions(store, values, nameOf),
    // The embedded store is reached by its IP address, which a bucket's name cannot precede.
    forcePathStyle: values.VALETKEY_FORCE_PATH_STYLE || store === "embedded",
    /** The store's origin for clients. Undefined: the same as for the server. */
    publicEndpoint: values.VALETKEY_PUBLIC_ENDPOINT_URL,
    sessionSeconds: values.VALETKEY_SESSION_SECONDS,
    accessFile: values.VALETKEY_GRANTS,
    accessRules,
    hasAuthorize,
    /** Whether a caller who is refused could come back with a token, or signed in at the server that this is a part of. */
    acceptsTokens: isPartOfServer || issuers !== undefined,
    tokens: issuers && {
      issuers,
      algorithms: values.VALETKEY_JWT_ALGORITHMS ?? ["RS256", "ES256", "EdDSA"],
    },
    /** The cookie from which the token is taken too. */
    tokenCookie:
      values.VALETKEY_TOKEN_COOKIE === undefined
        ? undefined
        : { name: values.VALETKEY_TOKEN_COOKIE, origins: values.VALETKEY_ORIGINS ?? [] },
    /** Whether the server issues tokens for made-up callers. */
    developmentTokens:
      !isPartOfServer && store === "embedded" && values.NODE_ENV !== "production" && issuers === undefined,
    origins: values.VALETKEY_ORIGINS ?? [],
    /** Whose headers `X-Forwarded-…` are believed. */
    trustedProxies: values.VALETKEY_TRUST_PROXY,
    /** The first one seals upload ids, and all of them open upload ids. If undefined, the embedded store keeps one. */
    secrets: values.VALETKEY_SECRET,
    /** Where replicas share what they know. If undefined, they share nothing. */
    redis: values.VALETKEY_REDIS_URL,
    multipartBytes: values.VALETKEY_MULTIPART_BYTES,
    maxUploadBytes: values.VALETKEY_MAX_UPLOAD_BYTES,
    maxFiles: values.VALETKEY_MAX_FILES,
    /** The rate of each caller's forms with files. If undefined, it has no limit. */
    uploadBytesPerSecond: values.VALETKEY_UPLOAD_BYTES_PER_SECOND,
    rateLimit: values.VALETKEY_RATE_LIMIT,
    /** How many processes serve requests on the port. */
    workers: values.VALETKEY_WORKERS,
    drainDelaySeconds: values.VALETKEY_DRAIN_DELAY_SECONDS,
    drainSeconds: values.VALETKEY_DRAIN_SECONDS,
    metrics: values.VALETKEY_METRICS,
    /** The port of `/metrics`. Undefined: that of the server. */
    metricsPort: values.VALETKEY_METRICS_PORT,
    accessLog: values.VALETKEY_ACCESS_LOG,
    federation: values.VALETKEY_FEDERATION,
    /** Whether known documents are executed without Apollo's pipeline. A subgraph's gateway needs the pipeline. */
    prepared: values.VALETKEY_PREPARED && !values.VALETKEY_FEDERATION,
    /** The manifests whose operations are executed. If undefined, every operation is. */
    persistedOperations: values.VALETKEY_PERSISTED_OPERATIONS,
    webClient: values.VALETKEY_WEB ?? values.NODE_ENV !== "production",
    /** Warnings to log at the start. */
    warnings: warningsOf(values, nameOf),
  };
}

/** Roles for AWS or a compatible store, or the embedded store. */
function toStore(store: StoreKind, values: Values) {
  if (store === "embedded") {
    return {
      kind: "embedded" as const,
      dataDirectory: values.VALETKEY_DATA_DIR,
      port: storePortOf(values),
    };
  }
  return {
    kind: "role" as const,
    /** The default role. If undefined, every bucket has to name a role. */
    roleArn: values.VALETKEY_ROLE_ARN,
    externalId: values.VALETKEY_EXTERNAL_ID,
    sessionTags: values.VALETKEY_SESSION_TAGS,
    sourceIdentity: values.VALETKEY_SOURCE_IDENTITY,
  };
}

function toRegions(store: StoreKind, values: Values, nameOf: NameOf): Regions {
  const home = store === "embedded" ? embeddedRegion : values.AWS_REGION;
  const allowed = [...new Set(values.VALETKEY_REGIONS ?? (home === undefined ? [] : [home]))];
  const first = home !== undefined && allowed.includes(home) ? home : allowed[0];
  if (first === undefined) throw new ConfigError(`${nameOf("AWS_REGION")}: missing`);
  return { allowed: allowed as Region[], default: first as Region };
}
