import type { Grant, GrantRule } from "../../access/grants.ts";
import { SessionPolicyTooLargeError, sessionPolicy } from "../../access/session-policy.ts";
import type { Buckets } from "../../core/bucket-settings.ts";
import type { Finding, Findings } from "./finding.ts";
import type { RoleUnderTest } from "./role-under-test.ts";

const maxCharacters = 2048;
/** As long as a UUID, which most issuers use for subjects. */
const sampleClaim = "x".repeat(36);

export interface Callers {
  readonly rules: readonly GrantRule[];
  /** Those of the caller of `--token`. */
  readonly ofToken: readonly Grant[] | undefined;
}

/** The size of the session policy for the widest possible caller, and for the caller of `--token`. */
export async function* checkSessionPolicy(
  role: RoleUnderTest,
  { rules, ofToken }: Callers,
  buckets: Buckets,
): Findings {
  const widest = rules.map(({ who: _who, prefix, ...grant }) => ({
    ...grant,
    prefix: prefix.map((piece) => (typeof piece === "string" ? piece : sampleClaim)).join(""),
  }));
  yield finding(
    role,
    "A caller to whom every rule applies, with claims of 36 characters,",
    "warning",
    widest,
    buckets,
  );
  if (ofToken !== undefined) yield finding(role, "The caller of the token", "fault", ofToken, buckets);
}

function finding(
  { arn, partition, buckets: names }: RoleUnderTest,
  caller: string,
  verdict: Finding["verdict"],
  grants: readonly Grant[],
  buckets: Buckets,
): Finding {
  const common = { check: "session policy", subject: arn };
  const characters = charactersOf(
    grants.filter(({ bucket }) => names.includes(bucket)),
    partition,
    buckets,
  );
  const saw = `${caller} has a session policy of ${characters} characters, and STS takes ${maxCharacters}.`;
  if (characters <= maxCharacters) return { ...common, verdict: "ok", saw };
  return {
    ...common,
    verdict,
    saw,
    means: "STS refuses the session, so such a caller gets CREDENTIALS_UNAVAILABLE for everything.",
    mend: "give fewer grants, shorter or more alike prefixes, or a role of their own to some of the buckets.",
  };
}

function charactersOf(grants: readonly Grant[], partition: string, buckets: Buckets): number {
  try {
    return sessionPolicy(grants, { partition, buckets })?.length ?? 0;
  } catch (error) {
    if (error instanceof SessionPolicyTooLargeError) return error.characters;
    throw error;
  }
}
