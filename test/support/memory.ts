/** By how many bytes the process's resident memory grew at most while `run` ran. */
export async function peakMemoryGrowth(run: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  try {
    await run();
  } finally {
    clearInterval(sampler);
  }
  return peak - before;
}
