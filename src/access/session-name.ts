import { createHash } from "node:crypto";
import { type Principal, principalKey, service } from "../core/principal.ts";

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const sessionNameShape = /^[\w+=,.@-]{2,64}$/;
const anonymousName = "anonymous";
/** Session names of the server's own commands. */
export type OwnSessionName = "valetkey-sweep";
/** Names that begin like this are reserved for the server. Audit tools may ignore case, so upper case is reserved too. */
const reservedShape = /^(?:anonymous$|valetkey-)/i;
const hashedShape = /=[A-Za-z0-9_-]{22}$/;
const maxReadableCharacters = 64 - "=".length - 22;

/**
 * RoleSessionName, which CloudTrail shows. It is unique for each caller. If possible, it is the subject itself.
 * Otherwise it is the readable part of the subject, `=`, and 132 bits of a hash of issuer and subject. Subjects that
 * look like a hashed or a reserved name are hashed too.
 * @param trustedIssuer the issuer whose subjects are unique without the issuer's name
 */
export function sessionName(principal: Principal, trustedIssuer: string | undefined): string {
  if (!principal.authenticated) return anonymousName;
  if (principal === service) return principal.subject;
  const { subject, claims } = principal;
  const fits = sessionNameShape.test(subject) && !reservedShape.test(subject) && !hashedShape.test(subject);
  if (fits && (claims.iss === undefined || claims.iss === trustedIssuer)) return subject;
  const readable = subject.slice(0, maxReadableCharacters).replace(/[^\w+=,.@-]/g, "-");
  const hash = createHash("sha256").update(principalKey(principal));
  return `${readable}=${hash.digest("base64url").slice(0, 22)}`;
}

const sharedPrefix = "valetkey-shared-";

/**
 * RoleSessionName of a session that callers with the same session policy share. No caller's own name can be equal:
 * it never begins like this, unless it ends in `=` and a hash.
 */
export function sharedSessionName(policy: string): string {
  return `${sharedPrefix}${createHash("sha256").update(policy).digest("base64url")}`;
}

export function isSharedSessionName(name: string): boolean {
  return name.startsWith(sharedPrefix) && !hashedShape.test(name);
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html */
const tagValueShape = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const tagHashPrefix = "sha256:";

/**
 * Session tags, for conditions on `aws:PrincipalTag/valetkey:sub` and for CloudTrail. Values that STS
 * does not accept are replaced by `sha256:…`.
 */
export function sessionTags(principal: Principal): Readonly<Record<string, string>> {
  if (!principal.authenticated || principal === service) return {};
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
