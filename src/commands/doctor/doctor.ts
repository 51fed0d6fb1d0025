import { constants } from "node:os";
import { parseArgs } from "node:util";
import { type Command, UsageError } from "../command.ts";
import { examine } from "./examine.ts";
import type { Finding } from "./finding.ts";
import { countByVerdict, findingText, summaryText } from "./report.ts";

const usage = `valetkey doctor [--token TOKEN] [--json]

  Checks the configuration and the access file against the real services: base credentials, clock, roles,
  session policies, buckets and token issuers. In each bucket that a grant allows uploads to, it stores,
  reads and deletes a scratch object. Takes the server's environment. Prints no secrets.
  Exits with 0 if the server can work, and with 1 if it found a fault.

  --token TOKEN   also says what the caller of this token may do ("-" reads it from standard input)
  --json          prints one JSON object: { "counts": …, "findings": [{ "check", "subject", "verdict", … }] }
`;

const maxTokenCharacters = 16 * 1024;

export const doctor: Command = {
  usage,
  async run(args, environment) {
    const { values } = parseArgs({
      args: [...args],
      options: { token: { type: "string" }, json: { type: "boolean", default: false } },
    });
    const token = values.token === "-" ? await readToken() : values.token;
    const findings: Finding[] = [];
    const interruption = onInterruption();
    for await (const finding of examine(environment, { token, signal: interruption.signal })) {
      findings.push(finding);
      if (!values.json) console.log(findingText(finding));
    }
    if (interruption.signal.aborted) {
      process.stderr.write(
        "The doctor was interrupted. What it had stored is removed, unless a finding says otherwise.\n",
      );
      return 128 + constants.signals[interruption.signal.reason as NodeJS.Signals];
    }
    const counts = countByVerdict(findings);
    console.log(values.json ? JSON.stringify({ counts, findings }, null, 2) : `\n${summaryText(counts)}`);
    return counts.fault > 0 ? 1 : 0;
  },
};

/** Aborts on the first SIGINT or SIGTERM, so that the check in progress can clean up. A second one ends the process at once. */
function onInterruption(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals) => {
    process.off("SIGINT", abort).off("SIGTERM", abort);
    controller.abort(name);
  };
  process.on("SIGINT", abort).on("SIGTERM", abort);
  return controller;
}

async function readToken(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxTokenCharacters) throw new UsageError("The token is too long.");
  }
  return text.trim();
}
