import type { FastifyInstance } from "fastify";

/** How long a newly opened connection has, while draining, to send its first request. */
const unusedSeconds = 1;
/** The time after draining for the remaining responses and for aborting uploads at S3. */
const abortSeconds = 5;
/** The part of that time after all connections are closed. */
const abortOnlySeconds = 1;

export interface DrainOptions {
  readonly drainSeconds: number;
  /** Called when the time to drain is over. */
  readonly abortUploads: () => void;
}

/**
 * A graceful shutdown: refuses new connections, waits for accepted requests, and then aborts the rest.
 * @returns how many milliseconds are left for aborting uploads
 */
export async function drain(
  http: FastifyInstance,
  { drainSeconds, abortUploads }: DrainOptions,
): Promise<number> {
  const endsAtMs = performance.now() + (drainSeconds + abortSeconds) * 1000;
  const closed = http.close();
  setTimeout(() => http.connections.closeUnused(), unusedSeconds * 1000).unref();
  const forced = setTimeout(() => {
    abortUploads();
    http.connections.closeRest();
    const closeAll = () => http.server.closeAllConnections();
    setTimeout(closeAll, (abortSeconds - abortOnlySeconds) * 1000).unref();
  }, drainSeconds * 1000);
  await closed;
  clearTimeout(forced);
  return Math.max(abortOnlySeconds * 1000, endsAtMs - performance.now());
}
