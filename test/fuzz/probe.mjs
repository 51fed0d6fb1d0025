// Loaded into a process with --import: measures its event loop between two messages of its parent.
let running = false;
let heldMs = 0;
let lastTurn = { at: 0, cpuMs: 0 };
let rssBefore = 0;
let cpuBefore = 0;

process.on("message", (message) => {
  if (message === "start") {
    running = true;
    heldMs = 0;
    rssBefore = process.memoryUsage.rss();
    cpuBefore = cpuMs();
    lastTurn = { at: performance.now(), cpuMs: cpuBefore };
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
 * time that it uses: beyond that, it is the machine that is busy.
 */
function turn() {
  const now = { at: performance.now(), cpuMs: cpuMs() };
  heldMs = Math.max(heldMs, Math.min(now.at - lastTurn.at, now.cpuMs - lastTurn.cpuMs));
  lastTurn = now;
  if (running) setImmediate(turn);
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
