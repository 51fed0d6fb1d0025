import type { AccessKey } from "../support/store-description.ts";

/** The cluster lives on loopback for one test run: its keys need not be secret. */
export const accounts = {
  /** Owns the buckets. */
  owner: { accessKeyId: "CONTRACTOWNER0000001", secretAccessKey: "contract-tests-owner-secret" },
  /** Reads and writes every object, whoever wrote it. */
  admin: { accessKeyId: "CONTRACTADMIN0000001", secretAccessKey: "contract-tests-admin-secret" },
  /** May assume the role, and nothing else: the server's base credentials. */
  server: { accessKeyId: "CONTRACTSERVER000001", secretAccessKey: "contract-tests-server-secret" },
} as const satisfies Record<string, AccessKey>;

const roleName = "valetkey";
/** Ceph's ARNs of roles have no account number. */
export const roleArn = `arn:aws:iam:::role/${roleName}`;

type RadosGatewayAdmin = (...commandLine: string[]) => Promise<unknown>;

export async function createAccounts(
  admin: RadosGatewayAdmin,
  rolesBuckets: readonly string[],
): Promise<void> {
  for (const [name, key] of Object.entries(accounts)) {
    await admin(
      "user",
      "create",
      `--uid=${name}`,
      `--display-name=${name}`,
      `--access-key=${key.accessKeyId}`,
      `--secret-key=${key.secretAccessKey}`,
      ...(name === "admin" ? ["--admin"] : []),
    );
  }
  const trustPolicy = policy({
    Effect: "Allow",
    Principal: { AWS: ["arn:aws:iam:::user/server"] },
    Action: ["sts:AssumeRole"],
  });
  const permissions = policy(allowObjects(rolesBuckets));
  await admin("role", "create", `--role-name=${roleName}`, `--assume-role-policy-doc=${trustPolicy}`);
  await admin(
    "role-policy",
    "put",
    `--role-name=${roleName}`,
    "--policy-name=buckets",
    `--policy-doc=${permissions}`,
  );
}

export function policy(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Allows everything in these buckets. */
export function allowObjects(buckets: readonly string[]): object {
  const Resource = buckets.flatMap((name) => [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`]);
  return { Effect: "Allow", Action: ["s3:*"], Resource };
}
