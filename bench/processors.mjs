import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * The server that is measured has a processor for itself; the load generator, the store and everything
 * else share the others. Undefined where there is but one, or no taskset.
 * @returns {{ server: string, others: string } | undefined} as taskset -c takes them
 */
function divideProcessors() {
  const [server, ...others] = allowedProcessors();
  if (server === undefined || others.length === 0) return undefined;
  try {
    execFileSync("taskset", ["--version"]);
  } catch {
    return undefined;
  }
  return { server: String(server), others: others.join(",") };
}

// https://man7.org/linux/man-pages/man7/cpuset.7.html#FORMATS
function allowedProcessors() {
  try {
    const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
    return list.split(",").flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return [];
  }
}

export const processors = divideProcessors();

/** Moves this process, and so every child that is not pinned elsewhere, off the server's processor. */
export function leaveServerProcessor() {
  if (processors) execFileSync("taskset", ["-acp", processors.others, String(process.pid)]);
}

/** The command line that runs on the server's processor. */
export function onServerProcessor(command) {
  return processors ? ["taskset", "-c", processors.server, ...command] : command;
}
