import { examine } from "../../../src/commands/doctor/examine.ts";
import type { Finding } from "../../../src/commands/doctor/finding.ts";

type Environment = Readonly<Record<string, string>>;

/** All findings of the doctor. */
export async function findingsOf(env: Environment, token?: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of examine({ NODE_ENV: "production", ...env }, { token })) findings.push(finding);
  return findings;
}

/** What the doctor complains about. */
export async function complaintsOf(env: Environment, token?: string): Promise<Finding[]> {
  const findings = await findingsOf(env, token);
  return findings.filter(({ verdict }) => verdict === "fault" || verdict === "warning");
}
