import type { ConfigSource } from "./config-source.ts";
import type { Values } from "./environment-schema.ts";
import type { Environment, NameOf } from "./parse-environment.ts";
import { issuerFaults } from "./trusted-issuers.ts";

/** The embedded store's bucket is in this region, whatever region the shell has for AWS. */
export const embeddedRegion = "us-east-1";

/** Whether the server uses roles, at AWS or a compatible store, or the embedded store. */
export type StoreKind = "role" | "embedded";

/**
 * Without a default role, buckets may name theirs in the access file. Production then relies on it, because it has no
 * embedded store. Otherwise the embedded store is used, unless the access file turns out to name a role for every bucket.
 */
export function storeKindOf(values: Values, source: ConfigSource): StoreKind {
  if (values.VALETKEY_ROLE_ARN !== undefined) return "role";
  return isProduction(values) && hasAccess(values, source) ? "role" : "embedded";
}

/** The embedded store's port. 0 is any free one. */
export function storePortOf({ PORT, VALETKEY_STORE_PORT }: Values): number {
  return VALETKEY_STORE_PORT ?? (PORT === 0 ? 0 : (PORT + 1) % 65_536);
}

/** Errors of combinations of variables, one line for each. */
export function crossCheck(
  store: StoreKind,
  values: Values,
  given: Environment,
  source: ConfigSource,
): readonly string[] {
  const faults =
    store === "embedded"
      ? faultsOfEmbeddedStore(values, given, source.nameOf)
      : faultsWithRoles(values, source);
  return [
    ...faults,
    ...redisFaults(values, source.nameOf),
    ...issuerFaults(values, source.nameOf),
    ...metricsPortFaults(store, values, source.nameOf),
  ];
}

/** Settings that are valid but probably not intended. */
export function warningsOf(values: Values, nameOf: NameOf): readonly string[] {
  const { VALETKEY_JWKS_URL, VALETKEY_JWT_ISSUER, VALETKEY_JWT_AUDIENCE } = values;
  const acceptsTokens = VALETKEY_JWKS_URL !== undefined || VALETKEY_JWT_ISSUER !== undefined;
  if (!acceptsTokens || VALETKEY_JWT_AUDIENCE !== undefined) return [];
  const accepted =
    VALETKEY_JWT_ISSUER === undefined
      ? `every token that the keys of ${nameOf("VALETKEY_JWKS_URL")} verify is accepted (${nameOf("VALETKEY_JWT_ISSUER")} is not set either)`
      : "tokens that the issuer made for other applications are accepted too";
  return [`${nameOf("VALETKEY_JWT_AUDIENCE")} is not set: ${accepted}`];
}

const isProduction = ({ NODE_ENV }: Values) => NODE_ENV === "production";

function faultsOfEmbeddedStore(values: Values, given: Environment, nameOf: NameOf): readonly string[] {
  const faults: string[] = [];
  if (isProduction(values)) {
    faults.push(`${nameOf("VALETKEY_ROLE_ARN")}: missing; the embedded store is not for production`);
  }
  if (values.VALETKEY_REGIONS?.includes(embeddedRegion) === false) {
    faults.push(
      `${nameOf("VALETKEY_REGIONS")}: got ${JSON.stringify(given.VALETKEY_REGIONS)}, takes a list with ${embeddedRegion}, where the embedded store's bucket is`,
    );
  }
  if (values.PORT !== 0 && values.VALETKEY_STORE_PORT === values.PORT) {
    faults.push(
      `${nameOf("VALETKEY_STORE_PORT")}: got ${JSON.stringify(given.VALETKEY_STORE_PORT)}, takes another port than ${nameOf("PORT")}, or 0 for any (unset: ${nameOf("PORT")} + 1)`,
    );
  }
  return faults;
}

/** The secret that the embedded store keeps is not the same for every replica. With a role, it is required anyway. */
function redisFaults(values: Values, nameOf: NameOf): readonly string[] {
  const { VALETKEY_REDIS_URL, VALETKEY_SECRET, VALETKEY_ROLE_ARN } = values;
  if (VALETKEY_REDIS_URL === undefined || VALETKEY_SECRET !== undefined) return [];
  if (VALETKEY_ROLE_ARN !== undefined) return [];
  const reason = `with ${nameOf("VALETKEY_REDIS_URL")}, it seals what replicas share (32 bytes or more)`;
  return [`${nameOf("VALETKEY_SECRET")}: missing; ${reason}`];
}

/** Whether anything says who may do what. */
function hasAccess(values: Values, { accessRules, hasAuthorize }: ConfigSource): boolean {
  return values.VALETKEY_GRANTS !== undefined || accessRules !== undefined || hasAuthorize;
}

function faultsWithRoles(values: Values, source: ConfigSource): readonly string[] {
  const { nameOf } = source;
  const faults: string[] = [];
  if (!hasAccess(values, source)) {
    faults.push(`${nameOf("VALETKEY_GRANTS")}: missing; with a role, an access file says who may do what`);
  }
  if (values.VALETKEY_SECRET === undefined) {
    faults.push(`${nameOf("VALETKEY_SECRET")}: missing; with a role, it seals upload ids (32 bytes or more)`);
  }
  if (values.VALETKEY_REGIONS === undefined && values.AWS_REGION === undefined) {
    faults.push(
      `${nameOf("AWS_REGION")}: missing; with a role, a region is needed (or ${nameOf("VALETKEY_REGIONS")})`,
    );
  }
  return faults;
}

function metricsPortFaults(store: StoreKind, values: Values, nameOf: NameOf): readonly string[] {
  const { PORT, VALETKEY_METRICS, VALETKEY_METRICS_PORT: port } = values;
  if (port === undefined) return [];
  const got = `${nameOf("VALETKEY_METRICS_PORT")}: got "${port}", takes`;
  if (!VALETKEY_METRICS) return [`${got} no value while ${nameOf("VALETKEY_METRICS")} is off`];
  if (port === 0) return [];
  if (port === PORT) return [`${got} another port than ${nameOf("PORT")}, or 0 for any`];
  if (store !== "embedded" || port !== storePortOf(values)) return [];
  return [
    `${got} another port than ${nameOf("VALETKEY_STORE_PORT")} (unset: ${nameOf("PORT")} + 1), or 0 for any`,
  ];
}
