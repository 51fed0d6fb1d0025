// Loaded into a process with --import: measures its event loop between two messages of its parent.
import { openSync, readSync } from "node:fs";

let running = false;
let heldMs = 0;
let lastTurn = { at: 0, threadMs: 0 };
let rssBefore = 0;
let cpuBefore = 0;

const schedulerLine = Buffer.alloc(64);
const schedulerFile =
  process.platform === "linux" ? openSync(`/proc/self/task/${process.pid}/schedstat`) : undefined;

// A parent that was killed could not end this process.
process.on("disconnect", () => process.exit());

process.on("message", (message) => {
  if (message === "start") {
    running = true;
    heldMs = 0;
    rssBefore = process.memoryUsage.rss();
    cpuBefore = cpuMs();
    lastTurn = { at: performance.now(), threadMs: threadMs() };
    setImmediate(turn);
    process.send("started");
  } else if (message === "stop") {
    // Behind the turn that is being measured.
    setImmediate(() => {
      running = false;
      const grownBytes = process.memoryUsage.rss() - rssBefore;
      process.send({ heldMs, cpuMs: cpuMs() - cpuBefore, grownBytes });
    });
  } else if (message === "collect") {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send({ rss, heapUsed });
  }
});

/**
 * Runs once in each turn of the loop. A turn holds the loop for as long as it takes, but no longer than the processor
 * time that its thread uses: beyond that, it is the machine that is busy.
 */
function turn() {
  const now = { at: performance.now(), threadMs: threadMs() };
  heldMs = Math.max(heldMs, Math.min(now.at - lastTurn.at, now.threadMs - lastTurn.threadMs));
  lastTurn = now;
  if (running) setImmediate(turn);
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** On Linux without the threads that compile and collect garbage at the same time, which do not hold the loop. */
function threadMs() {
  if (schedulerFile === undefined) return cpuMs();
  const bytes = readSync(schedulerFile, schedulerLine, 0, schedulerLine.length, 0);
  return Number.parseInt(schedulerLine.toString("latin1", 0, bytes), 10) / 1e6;
}
