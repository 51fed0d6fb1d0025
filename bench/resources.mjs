/**
 * Runs `body` and then stops what it took into use, last first, however it ended.
 * @template Result
 * @param {(use: <R extends { stop(): Promise<unknown> }>(resource: R) => R) => Promise<Result>} body
 * @returns {Promise<Result>}
 */
export async function withResources(body) {
  const inUse = [];
  const use = (resource) => {
    inUse.push(resource);
    return resource;
  };
  try {
    return await body(use);
  } finally {
    for (const resource of inUse.toReversed()) await resource.stop();
  }
}
