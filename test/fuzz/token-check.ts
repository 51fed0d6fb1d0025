import { createPublicKey, verify } from "node:crypto";
import { fuzzIssuerName, publishedJwks } from "./fuzz-issuer.ts";

export const fuzzAudience = "valetkey-fuzz";

type Claims = Readonly<Record<string, unknown>>;

/** What the server says about a caller. */
export interface ReportedViewer {
  readonly authenticated: boolean;
  readonly subject: string | null;
  readonly grants: readonly { readonly prefix: string; readonly actions: readonly string[] }[];
}

/** More than the server may tolerate between its clock and the issuer's. */
const toleranceSeconds = 300;

/**
 * Returns what is wrong with what the server has concluded from an Authorization header. It uses no code of the server and no
 * library: the server may refuse more tokens, but not accept one that this refuses, or read its claims in another way.
 */
export function findingAboutViewer(authorization: string, viewer: ReportedViewer): string | undefined {
  if (!viewer.authenticated) {
    return authorization === "" ? undefined : "A request with a token is served as one without.";
  }
  const claims = verifiedClaims(authorization.replace(/^bearer +/i, ""));
  if (claims === undefined) return `An invalid token is accepted, for ${viewer.subject}.`;
  if (viewer.subject !== claims.sub)
    return `The subject is ${viewer.subject}, but sub is ${String(claims.sub)}.`;
  for (const { prefix, actions } of viewer.grants) {
    if (!mayHave(prefix, actions, claims))
      return `The grant for ${JSON.stringify(prefix)} does not follow from the token.`;
  }
  return undefined;
}

function mayHave(prefix: string, actions: readonly string[], claims: Claims): boolean {
  if (prefix.startsWith("users/")) return isSegmentOf(prefix, "users/", [claims.sub]);
  if (prefix.startsWith("teams/")) {
    if (actions.some((action) => action !== "DOWNLOAD")) return false;
    return isSegmentOf(prefix, "teams/", [own(claims, "org.team"), own(own(claims, "org"), "team")]);
  }
  if (prefix !== "admin/") return false;
  const role = own(claims, "role");
  return role === "admin" || (Array.isArray(role) && role.includes("admin"));
}

/** Whether the prefix is the folder of one of the values, and of nothing else. */
function isSegmentOf(prefix: string, parent: string, values: readonly unknown[]): boolean {
  return values.some((value) => {
    if (typeof value !== "string" && !Number.isSafeInteger(value)) return false;
    const text = String(value);
    const isOneSegment = text !== "" && text !== "." && text !== ".." && !/[/\p{Cc}\p{Cs}]/u.test(text);
    return isOneSegment && prefix === `${parent}${text}/`;
  });
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined;
  return (value as Claims)[name];
}

/** The claims of a token, or undefined if RFC 7515 and RFC 7519 or the settings of the server forbid to accept it. */
export function verifiedClaims(token: string): Claims | undefined {
  const segments = token.split(".");
  const [encodedHeader = "", encodedPayload = "", signature = ""] = segments;
  const header = parsed(encodedHeader);
  const claims = parsed(encodedPayload);
  if (segments.length !== 3 || header === undefined || claims === undefined || Object.hasOwn(header, "crit"))
    return undefined;
  const isSigned = publishedJwks.some(
    ({ kid, alg, use: _, ...key }) =>
      header.alg === alg &&
      (header.kid === undefined || header.kid === kid) &&
      verify(
        alg === "EdDSA" ? null : "sha256",
        Buffer.from(`${encodedHeader}.${encodedPayload}`),
        { key: createPublicKey({ key, format: "jwk" }), dsaEncoding: "ieee-p1363" },
        Buffer.from(signature, "base64url"),
      ),
  );
  return isSigned && isForUs(claims) && isNow(claims) ? claims : undefined;
}

function isForUs({ iss, aud, sub }: Claims): boolean {
  const isAudience = aud === fuzzAudience || (Array.isArray(aud) && aud.includes(fuzzAudience));
  return iss === fuzzIssuerName && isAudience && typeof sub === "string" && sub !== "";
}

function isNow({ exp, nbf }: Claims): boolean {
  const now = Date.now() / 1000;
  if (typeof exp !== "number" || !Number.isFinite(exp) || exp < now - toleranceSeconds) return false;
  return nbf === undefined || (typeof nbf === "number" && nbf <= now + toleranceSeconds);
}

function parsed(encoded: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}
