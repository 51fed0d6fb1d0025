import { AssumeRoleError } from "../../access/assume-role.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";
import type { Finding, Findings } from "./finding.ts";
import type { RoleUnderTest, Wanted } from "./role-under-test.ts";

const check = "role";
/** STS's minimum, which every role allows. */
const shortestSeconds = 900;
/** STS's limit for a role that was assumed with the credentials of another one. */
const chainedSeconds = 3600;

/**
 * Assumes the role as the server does. If STS refuses that, it tries again without one of the parameters at a time, and
 * so finds out which one it was.
 * @returns whether the role can be assumed
 */
export async function* checkRole(role: RoleUnderTest): Findings<boolean> {
  const { arn, wanted } = role;
  const refusal = await refusalOf(role, wanted);
  if (refusal === undefined) {
    const with_ = [
      wanted.externalId && "an external ID",
      wanted.tags && "session tags",
      wanted.sourceIdentity && "a source identity",
    ].filter(Boolean);
    const saw = `AssumeRole for ${wanted.seconds} s${with_.length === 0 ? "" : ` with ${with_.join(", ")}`} works.`;
    yield { check, subject: arn, verdict: "ok", saw };
    return true;
  }
  yield { check, subject: arn, verdict: "fault", ...(await diagnose(role, refusal)) };
  return false;
}

type Diagnosis = Pick<Finding, "saw" | "means" | "mend">;

async function diagnose(role: RoleUnderTest, refusal: AssumeRoleError): Promise<Diagnosis> {
  const { name, message, connectionCode } = describeSdkFailure(refusal.cause ?? refusal);
  const saw = `${refusal.message} ${name}: ${message}`;
  if (refusal.failure !== "refused") {
    return {
      saw,
      means:
        connectionCode === undefined
          ? "STS does not work at the moment."
          : "STS cannot be reached from here.",
      mend: "check AWS_REGION, AWS_ENDPOINT_URL_STS or stsEndpoint, the network's routes, and the proxy if there is one.",
    };
  }
  return (
    ofBaseCredentials(name, message, saw) ?? (await ofParameters(role, saw)) ?? ofTrust(role, message, saw)
  );
}

/** Faults of the credentials that assume the role. */
function ofBaseCredentials(name: string, message: string, saw: string): Diagnosis | undefined {
  const means = "STS does not accept the base credentials, whatever the role allows.";
  if (/expired/i.test(name) || /token .*expired/i.test(message)) {
    return { saw, means, mend: "renew the base credentials: they have expired." };
  }
  if (
    /RequestTimeTooSkewed|RequestExpired/.test(name) ||
    /signature (?:not yet current|expired)/i.test(message)
  ) {
    return {
      saw,
      means,
      mend: "set this machine's clock: it is more than 5 minutes off (run an NTP client).",
    };
  }
  if (/InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId/.test(name)) {
    return {
      saw,
      means,
      mend: "check AWS_ACCESS_KEY_ID: this STS does not know the key, or it was deleted.",
    };
  }
  if (/SignatureDoesNotMatch|IncompleteSignature/.test(name)) {
    return { saw, means, mend: "check AWS_SECRET_ACCESS_KEY: it does not belong to the access key." };
  }
  return undefined;
}

/** Faults of one parameter: AssumeRole works without it. */
async function ofParameters(role: RoleUnderTest, saw: string): Promise<Diagnosis | undefined> {
  const { wanted, arn } = role;
  const works = async (change: Partial<Wanted>) =>
    (await refusalOf(role, { ...wanted, ...change })) === undefined;
  const statement = (action: string) =>
    `allow ${action} beside sts:AssumeRole, in the role's trust policy and in the policy of the base credentials, or set`;
  if (wanted.seconds > shortestSeconds && (await works({ seconds: shortestSeconds }))) {
    const isChained = wanted.seconds > chainedSeconds && (await works({ seconds: chainedSeconds }));
    return {
      saw,
      means: `The role cannot be assumed for ${wanted.seconds} s, but for ${isChained ? chainedSeconds : shortestSeconds} s.`,
      mend: isChained
        ? `set VALETKEY_SESSION_SECONDS=${chainedSeconds}: that is the limit if the base credentials belong to an assumed role themselves (ECS, EKS, EC2). Otherwise raise MaxSessionDuration of ${arn}.`
        : `raise MaxSessionDuration of ${arn} to ${wanted.seconds}, or set VALETKEY_SESSION_SECONDS to what it allows.`,
    };
  }
  if (wanted.tags !== undefined && (await works({ tags: undefined }))) {
    const means = "The role can be assumed only without session tags.";
    return { saw, means, mend: `${statement("sts:TagSession")} VALETKEY_SESSION_TAGS=off.` };
  }
  if (wanted.sourceIdentity !== undefined && (await works({ sourceIdentity: undefined }))) {
    const means = "The role can be assumed only without a source identity.";
    return { saw, means, mend: `${statement("sts:SetSourceIdentity")} VALETKEY_SOURCE_IDENTITY=off.` };
  }
  if (wanted.externalId !== undefined && (await works({ externalId: undefined }))) {
    const means = "The role can be assumed only without an external ID.";
    return { saw, means, mend: "remove externalId of the bucket, or VALETKEY_EXTERNAL_ID." };
  }
  const bare = { seconds: shortestSeconds, tags: undefined, sourceIdentity: undefined };
  if ((wanted.tags ?? wanted.sourceIdentity) !== undefined && (await works(bare))) {
    const means = "The role can be assumed for 900 s without session tags and source identity.";
    return {
      saw,
      means,
      mend: `${statement("sts:TagSession and sts:SetSourceIdentity")} both off; then run the doctor again.`,
    };
  }
  return undefined;
}

/** STS does not say which side refuses, except on AWS for some cases. */
function ofTrust({ arn, wanted }: RoleUnderTest, message: string, saw: string): Diagnosis {
  const identity = /User: (\S+) is not authorized/.exec(message)?.[1] ?? "the base credentials' identity";
  const permission = `allow ${identity} to call sts:AssumeRole on ${arn} in its own policy`;
  if (/identity-based policy/.test(message)) {
    return { saw, means: "The base credentials lack the permission.", mend: `${permission}.` };
  }
  const trust = `name ${identity} as a principal in the trust policy of ${arn}`;
  const externalId =
    wanted.externalId === undefined
      ? "if the trust policy requires sts:ExternalId, set VALETKEY_EXTERNAL_ID or externalId of the bucket"
      : "compare the external ID with the one in the trust policy's condition on sts:ExternalId";
  return {
    saw,
    means:
      "The role does not exist, its trust policy does not allow this identity, the external ID is wrong, or the identity lacks the permission. STS gives the same response for all of them.",
    mend: [`check that ${arn} exists`, trust, externalId, permission]
      .map((step, index) => `\n${index + 1}. ${step}`)
      .join(";"),
  };
}

/** Undefined if the role can be assumed. */
async function refusalOf(role: RoleUnderTest, wanted: Wanted): Promise<AssumeRoleError | undefined> {
  try {
    await role.assume(leastPolicy(role.partition), wanted);
    return undefined;
  } catch (error) {
    if (error instanceof AssumeRoleError) return error;
    throw error;
  }
}

/** Allows next to nothing. */
function leastPolicy(partition: string): string {
  const Resource = `arn:${partition}:s3:::valetkey-doctor/nothing`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource }],
  });
}
