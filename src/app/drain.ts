import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** How long a newly opened connection has, while draining, to send its first request. */
const unusedSeconds = 1;
/**
 * How long an idle connection stays open after a delayed shutdown has refused new ones. A proxy without health checks
 * learns of the shutdown when a connection is refused, and until then sends requests on connections that it has.
 */
const idleSeconds = 5;
/**
 * How long proxies may keep their connections before and after new ones are refused. A proxy whose connections are all closed
 * opens one for each request. One that keeps them opens hardly any, so hardly any could be on its way when the server, or
 * another worker of it, refuses new ones.
 */
const settlingMs = 300;
/** The time after draining for the remaining responses and for aborting uploads at S3. */
const abortSeconds = 5;
/** The part of that time after all connections are closed. */
const abortOnlySeconds = 1;

export interface DrainOptions {
  /** How long everything is still served, so that load balancers notice that the server is not ready. */
  readonly delaySeconds: number;
  readonly drainSeconds: number;
  /** Called when the time to drain is over. */
  readonly abortUploads: () => void;
}

/**
 * A graceful shutdown: after the delay, refuses new connections, waits for accepted requests, and then aborts the rest.
 * @returns how many milliseconds are left for aborting uploads
 */
export async function drain(
  http: FastifyInstance,
  { delaySeconds, drainSeconds, abortUploads }: DrainOptions,
): Promise<number> {
  if (delaySeconds > 0) {
    await sleep(delaySeconds * 1000 - settlingMs);
    http.connections.keepsOpen = true;
    await sleep(settlingMs);
    await http.connections.stopAccepting();
    setTimeout(() => http.connections.closeIdle(), idleSeconds * 1000).unref();
  }
  const endsAtMs = performance.now() + (drainSeconds + abortSeconds) * 1000;
  const closed = close(http, Math.min(settlingMs, drainSeconds * 1000));
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

async function close(http: FastifyInstance, keepOpenMs: number): Promise<void> {
  if (http.connections.keepsOpen) await sleep(keepOpenMs);
  http.connections.keepsOpen = false;
  await http.close();
}
