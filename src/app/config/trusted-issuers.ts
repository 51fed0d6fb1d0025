import { isDiscoverable } from "../../access/openid-discovery.ts";
import type { TrustedIssuer } from "../../access/token-issuer.ts";
import type { Values } from "./environment-schema.ts";
import type { NameOf } from "./parse-environment.ts";

/** The issuers whose tokens are accepted. Undefined without any. */
export function trustedIssuers(values: Values): readonly TrustedIssuer[] | undefined {
  const { VALETKEY_JWT_ISSUER: issuers, VALETKEY_JWKS_URL: jwksUrls } = values;
  const audiences = values.VALETKEY_JWT_AUDIENCE;
  if (issuers === undefined) {
    return jwksUrls && [{ issuer: undefined, jwksUrl: jwksUrls[0], audiences }];
  }
  // With one issuer, all audiences are those of its tokens. With several, a single one is shared, or each has its own.
  const arePaired = issuers.length > 1 && audiences !== undefined && audiences.length > 1;
  return issuers.map((issuer, index) => ({
    issuer,
    jwksUrl: jwksUrls?.[index],
    audiences: arePaired ? audiences.slice(index, index + 1) : audiences,
  }));
}

const dependentSettings = [
  "VALETKEY_JWT_AUDIENCE",
  "VALETKEY_JWT_ALGORITHMS",
  "VALETKEY_TOKEN_COOKIE",
] as const;

/** Errors of settings that do not say clearly whose tokens are accepted. */
export function issuerFaults(values: Values, nameOf: NameOf): readonly string[] {
  const { VALETKEY_JWT_ISSUER: issuers, VALETKEY_JWKS_URL: jwksUrls } = values;
  if (issuers !== undefined) return faultsOfIssuers(issuers, values, nameOf);
  if (jwksUrls === undefined) {
    return dependentSettings
      .filter((name) => values[name] !== undefined)
      .map(
        (name) =>
          `${nameOf(name)}: has no effect without ${nameOf("VALETKEY_JWT_ISSUER")} or ${nameOf("VALETKEY_JWKS_URL")}`,
      );
  }
  if (jwksUrls.length > 1) {
    return [
      `${nameOf("VALETKEY_JWT_ISSUER")}: missing; ${jwksUrls.length} key sets need as many issuers, in the same order`,
    ];
  }
  if (values.NODE_ENV !== "production" || values.VALETKEY_JWT_AUDIENCE !== undefined) return [];
  // Many issuers sign the tokens of all their customers with the same keys.
  return [
    `${nameOf("VALETKEY_JWT_ISSUER")}: missing; in production, tokens are accepted only with an issuer or an audience to check (or set ${nameOf("VALETKEY_JWT_AUDIENCE")})`,
  ];
}

function faultsOfIssuers(issuers: readonly string[], values: Values, nameOf: NameOf): readonly string[] {
  const { VALETKEY_JWKS_URL: jwksUrls, VALETKEY_JWT_AUDIENCE: audiences = [] } = values;
  const faults: string[] = [];
  if (new Set(issuers).size !== issuers.length) {
    faults.push(
      `${nameOf("VALETKEY_JWT_ISSUER")}: has an issuer twice; takes different issuers, separated by commas`,
    );
  }
  if (jwksUrls !== undefined && jwksUrls.length !== issuers.length) {
    faults.push(
      `${nameOf("VALETKEY_JWKS_URL")}: got ${jwksUrls.length} for ${issuers.length} issuers, takes one for each of ${nameOf("VALETKEY_JWT_ISSUER")}, in the same order (unset: each issuer is discovered)`,
    );
  }
  if (issuers.length > 1 && audiences.length > 1 && audiences.length !== issuers.length) {
    faults.push(
      `${nameOf("VALETKEY_JWT_AUDIENCE")}: got ${audiences.length} for ${issuers.length} issuers, takes one for all of them, or one for each of ${nameOf("VALETKEY_JWT_ISSUER")}, in the same order`,
    );
  }
  const undiscoverable = jwksUrls === undefined ? issuers.filter((issuer) => !isDiscoverable(issuer)) : [];
  if (undiscoverable.length > 0) {
    faults.push(
      `${nameOf("VALETKEY_JWT_ISSUER")}: takes https URLs without user, password, query and fragment (http only on this machine), because the keys are discovered there; for another issuer, set ${nameOf("VALETKEY_JWKS_URL")}`,
    );
  }
  return faults;
}
