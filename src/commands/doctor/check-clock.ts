import type { Findings } from "./finding.ts";
import type { RoleUnderTest } from "./role-under-test.ts";

/** AWS refuses signatures that are 15 minutes off, and STS those that are 5 minutes off. */
const refusedMs = 5 * 60_000;
const notableMs = 5_000;

/** Compares this machine's clock with that of STS, after a call to it. */
export async function* checkClock({ arn, clock: { skewMs } }: RoleUnderTest): Findings {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const common = { check: "clock", subject: arn };
  if (Math.abs(skewMs) <= notableMs) {
    yield { ...common, verdict: "ok", saw: "This machine's clock agrees with that of STS." };
    return;
  }
  yield {
    ...common,
    verdict: Math.abs(skewMs) >= refusedMs ? "fault" : "warning",
    saw: `This machine's clock is ${seconds} s ${skewMs > 0 ? "behind" : "ahead of"} that of STS.`,
    means:
      "The server signs with the time of STS, but AWS's SDK, logs and the expiry of tokens use this machine's.",
    mend: "run an NTP client.",
  };
}
