import type { Finding, Verdict } from "./finding.ts";

const marks: Readonly<Record<Verdict, string>> = {
  ok: "ok     ",
  warning: "WARNING",
  fault: "FAULT  ",
  unknown: "unknown",
};

/** One finding as lines for a terminal. */
export function findingText({ check, subject, verdict, saw, means, mend }: Finding): string {
  const title = subject === undefined ? check : `${check} (${subject})`;
  const details = [means, mend && `To mend it: ${mend}`].filter((text) => text !== undefined);
  return [`${marks[verdict]}  ${title}: ${saw}`, ...details.map((text) => indented(text))].join("\n");
}

export type Counts = Readonly<Record<Verdict, number>>;

export function countByVerdict(findings: readonly Finding[]): Counts {
  const counts = { ok: 0, warning: 0, fault: 0, unknown: 0 };
  for (const { verdict } of findings) counts[verdict] += 1;
  return counts;
}

export function summaryText({ ok, warning, fault, unknown }: Counts): string {
  return `${ok} ok, ${warning} warnings, ${fault} faults, ${unknown} unknown`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, " ".repeat(9));
}
