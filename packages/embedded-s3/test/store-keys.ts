import { parseIamPolicy } from "../src/iam/iam-policy.ts";
import { AccessKeys, type IssuedCredentials, type StoreRole } from "../src/signing/access-keys.ts";

/** The credentials of AWS's published examples. */
export const exampleKeys = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

export const now = new Date("2026-03-01T12:00:00Z");

export const role: StoreRole = {
  name: "uploader",
  arn: "arn:aws:iam::000000000000:role/uploader",
  policy: parseIamPolicy(
    JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: ["s3:*", "sts:*"], Resource: "*" },
    }),
  ),
  maxSessionSeconds: 43_200,
};

export function accessKeys(roles: readonly StoreRole[] = [role], tokenKey = Buffer.alloc(32, 7)): AccessKeys {
  return new AccessKeys({
    baseAccessKeyId: exampleKeys.accessKeyId,
    baseSecretAccessKey: exampleKeys.secretAccessKey,
    tokenKey,
    roles,
  });
}

/** Temporary credentials that last an hour from `now`. */
export function issueSession(keys: AccessKeys, sessionPolicy?: string): IssuedCredentials {
  const expiresAt = new Date(now.getTime() + 3_600_000);
  return keys.issue({ role, sessionName: "alice", sessionPolicy, expiresAt });
}
