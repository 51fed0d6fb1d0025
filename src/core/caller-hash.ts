import { createHmac, hkdfSync } from "node:crypto";
import { type Principal, principalKey } from "./principal.ts";

/**
 * Names callers in a log by which nobody without the secret finds out who they are: the same caller has the same name
 * on every replica with these secrets.
 * @param secrets the first one is used
 * @returns undefined for a caller without a token
 */
export function createCallerHash(secrets: readonly string[]): (principal: Principal) => string | undefined {
  const [secret] = secrets;
  if (secret === undefined) throw new RangeError("createCallerHash needs at least one secret.");
  const key = Buffer.from(hkdfSync("sha256", secret, "", "valetkey/caller-hash/1", 32));
  return (principal) =>
    principal.authenticated
      ? createHmac("sha256", key).update(principalKey(principal)).digest("base64url").slice(0, 22)
      : undefined;
}
