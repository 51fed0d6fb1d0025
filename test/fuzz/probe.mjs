// Loaded into a process with --import: measures its event loop between two messages of its parent.
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let before = process.memoryUsage.rss();
let cpuBefore = process.cpuUsage();

process.on("message", (message) => {
  if (message === "start") {
    delay.reset();
    before = process.memoryUsage.rss();
    cpuBefore = process.cpuUsage();
    process.send("started");
  } else if (message === "stop") {
    // One turn later, so that the delay that is being measured is over and recorded.
    setTimeout(() => {
      const rss = process.memoryUsage.rss();
      const { user, system } = process.cpuUsage(cpuBefore);
      process.send({ delayMs: delay.max / 1e6, cpuMs: (user + system) / 1000, grownBytes: rss - before });
    }, 5);
  } else if (message === "collect") {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send({ rss, heapUsed });
  }
});
