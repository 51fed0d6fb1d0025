import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** The processor time that a process has had, in seconds, of all its threads and in the kernel for it. */
export function processorSeconds(pid) {
  // The fields are counted from behind the program's name, which may hold anything.
  // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return (userTicks + systemTicks) / ticksPerSecond;
}

/** Responses per second, or with `cpuTime` per second of the processor time of the server. */
export async function rateOf(load, server, seconds, cpuTime) {
  const usedBefore = cpuTime ? processorSeconds(server.pid) : 0;
  const startedAt = performance.now();
  const perSecond = await load.run(seconds);
  if (!cpuTime) return perSecond;
  const tookSeconds = (performance.now() - startedAt) / 1000;
  return (perSecond * tookSeconds) / (processorSeconds(server.pid) - usedBefore);
}
