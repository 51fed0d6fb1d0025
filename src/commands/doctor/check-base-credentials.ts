import type { Findings } from "./finding.ts";
import type { RoleUnderTest } from "./role-under-test.ts";

/** The AWS SDK's names for where credentials come from. */
const sources: Readonly<Record<string, string>> = {
  CREDENTIALS_CODE: "the embedded store",
  CREDENTIALS_ENV_VARS: "the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN: "a web identity token (IRSA)",
  CREDENTIALS_PROFILE: "a profile of AWS's shared files",
  CREDENTIALS_PROFILE_PROCESS: "the credential_process of a profile",
  CREDENTIALS_PROFILE_SOURCE_PROFILE: "a profile that assumes a role",
  CREDENTIALS_PROFILE_SSO: "IAM Identity Center",
  CREDENTIALS_SSO: "IAM Identity Center",
  CREDENTIALS_PROCESS: "a credential_process",
  CREDENTIALS_HTTP: "the container's endpoint (ECS or Pod Identity)",
  CREDENTIALS_IMDS: "the instance's metadata service (EC2)",
  CREDENTIALS_STS_ASSUME_ROLE: "a role that was assumed",
  CREDENTIALS_STS_ASSUME_ROLE_WEB_ID: "a web identity token (IRSA)",
};

/** @returns whether there are credentials */
export async function* checkBaseCredentials({
  arn,
  role,
  baseCredentials,
}: RoleUnderTest): Findings<boolean> {
  const check = "base credentials";
  try {
    const found: Awaited<ReturnType<typeof baseCredentials>> & { readonly $source?: object } =
      await baseCredentials();
    const source = Object.keys(found.$source ?? {}).map((name) => sources[name] ?? name);
    const from = source.length === 0 ? "" : ` from ${source.join(", by way of ")}`;
    const until =
      found.expiration === undefined
        ? "they do not expire"
        : `they expire at ${found.expiration.toISOString()}`;
    const saw = `The access key ${found.accessKeyId.slice(0, 4)}…${found.accessKeyId.slice(-4)}${from}; ${until}.`;
    const isExpired = found.expiration !== undefined && found.expiration.getTime() <= Date.now();
    yield isExpired
      ? {
          check,
          subject: arn,
          verdict: "fault",
          saw,
          means: "STS refuses them.",
          mend: "renew what issues them.",
        }
      : { check, subject: arn, verdict: "ok", saw };
    return !isExpired;
  } catch (error) {
    const provider = role.profile === undefined ? "AWS's provider chain" : `The profile ${role.profile}`;
    yield {
      check,
      subject: arn,
      verdict: "fault",
      saw: `${provider} has no credentials: ${(error as Error).message}`,
      means: "The server starts, and every request that needs S3 fails with CREDENTIALS_UNAVAILABLE.",
      mend: "give the process a role (ECS, EKS, EC2), a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    };
    return false;
  }
}
