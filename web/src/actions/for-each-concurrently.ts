/** Calls the function for every item, at most `limit` at the same time. The first error ends it. */
export async function forEachConcurrently<Item>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let hasFailed = false;
  const worker = async () => {
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done || hasFailed) return;
        await work(value);
      }
    } catch (thrown) {
      hasFailed = true;
      throw thrown;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: limit }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
