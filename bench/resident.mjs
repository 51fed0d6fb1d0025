import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { summary } from "./rounds.mjs";

const mebibyte = 2 ** 20;

/** The resident set of a process, as the median of a second: the collector comes and goes. */
export async function residentMebibytes(pid) {
  const samples = [];
  for (let i = 0; i < 10; i++) {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const kibibytes = Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
    samples.push((kibibytes * 1024) / mebibyte);
    await sleep(100);
  }
  return summary(samples).median;
}
