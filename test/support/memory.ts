/** How many bytes more than `before` the process's resident memory had at most while `run` ran. */
export async function peakMemoryGrowth(
  run: () => Promise<unknown>,
  before = process.memoryUsage.rss(),
): Promise<number> {
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
