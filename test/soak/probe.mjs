// Loaded into the server with --import: appends a line of figures to the file SOAK_SAMPLES every SOAK_SAMPLE_MS.
// SOAK_LEAK=heap|descriptors|loop leaks on purpose with each request, to show that the soak notices it.
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync, openSync, readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const { SOAK_SAMPLES: file, SOAK_SAMPLE_MS: interval, SOAK_LEAK: leak } = process.env;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const tickMs = 20;
let delaysMs = [];
let last = { at: performance.now(), cpuMs: cpuMs() };

/**
 * A tick that comes late was held up for as long as it is late, but no longer than the processor time that the process
 * used meanwhile: beyond that, it is the machine that is busy.
 */
setInterval(() => {
  const now = { at: performance.now(), cpuMs: cpuMs() };
  delaysMs.push(Math.max(0, Math.min(now.at - last.at - tickMs, now.cpuMs - last.cpuMs)));
  last = now;
}, tickMs).unref();

setInterval(() => {
  const sorted = delaysMs.sort((a, b) => a - b);
  const delayMs = { p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, max: sorted.at(-1) ?? 0 };
  const rss = process.memoryUsage.rss();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  const descriptors = readdirSync("/proc/self/fd").length;
  const sample = { atMs: Date.now(), rss, heapUsed, external, descriptors, delayMs, cpuMs: cpuMs() };
  appendFileSync(file, `${JSON.stringify(sample)}\n`);
  // What the sample itself cost does not belong to the next one.
  delaysMs = [];
  last = { at: performance.now(), cpuMs: cpuMs() };
}, Number(interval)).unref();

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const kept = [];
const leaks = {
  heap: () => kept.push(Array.from({ length: 4_000 }, (_, index) => index + Math.random())),
  descriptors: () => kept.push(openSync("/dev/null")),
  loop: () => {
    const until = performance.now() + kept.push(0) / 20;
    while (performance.now() < until);
  },
};
if (leak !== undefined) subscribe("http.server.request.start", leaks[leak]);
