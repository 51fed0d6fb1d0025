import { createHash } from "node:crypto";
import { type Principal, principalKey } from "../core/principal.ts";

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const sessionNameShape = /^[\w+=,.@-]{2,64}$/;
const anonymousName = "anonymous";
const hashedShape = /=[A-Za-z0-9_-]{22}$/;
const maxReadableCharacters = 64 - "=".length - 22;

/**
 * RoleSessionName: what CloudTrail shows for the caller, and no two callers share. The subject itself
 * where it can be; else what is readable of it, `=`, and 132 bits of a hash over issuer and subject. A
 * subject that looks like such a name, or like that of anonymous callers, is hashed too.
 * @param trustedIssuer the one issuer whose subjects need no issuer beside them
 */
export function sessionName(principal: Principal, trustedIssuer: string | undefined): string {
  if (!principal.authenticated) return anonymousName;
  const { subject, claims } = principal;
  const fits = sessionNameShape.test(subject) && subject !== anonymousName && !hashedShape.test(subject);
  if (fits && (claims.iss === undefined || claims.iss === trustedIssuer)) return subject;
  const readable = subject.slice(0, maxReadableCharacters).replace(/[^\w+=,.@-]/g, "-");
  const hash = createHash("sha256").update(principalKey(principal));
  return `${readable}=${hash.digest("base64url").slice(0, 22)}`;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html */
const tagValueShape = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const tagHashPrefix = "sha256:";

/**
 * Session tags, for conditions on `aws:PrincipalTag/valetkey:sub` and for CloudTrail. Values that STS
 * would not take are there as `sha256:…`.
 */
export function sessionTags(principal: Principal): Readonly<Record<string, string>> {
  if (!principal.authenticated) return {};
  const issuer = principal.claims.iss;
  return {
    "valetkey:sub": tagValue(principal.subject),
    ...(typeof issuer === "string" ? { "valetkey:iss": tagValue(issuer) } : {}),
  };
}

function tagValue(text: string): string {
  if (tagValueShape.test(text) && !text.startsWith(tagHashPrefix)) return text;
  return `${tagHashPrefix}${createHash("sha256").update(JSON.stringify(text)).digest("base64url")}`;
}
